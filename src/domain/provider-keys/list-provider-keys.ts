import { type ProviderKey, listProviderKeys as readKeys } from '../../store/provider-keys.ts';
import type { Context } from '../context.ts';

/** A user's own keys at model providers, by provider. */
export const listProviderKeys = ({ db }: Context, { userId }: { userId: string }): Promise<ProviderKey[]> =>
  readKeys(db, userId);
