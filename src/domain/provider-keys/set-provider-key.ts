import { sealProviderKey } from '../../auth/provider-key.ts';
import { isProvider } from '../../models/catalogue.ts';
import { needsKey } from '../../models/providers.ts';
import { type ProviderKey, putProviderKey } from '../../store/provider-keys.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

const unknownProvider = () =>
  new AppError('notFound', 'There is no such provider, or it has no keys; see GET /models.');

/**
 * Keeps a user's own key at a provider, sealed. The runs that they start from now on are paid with it.
 *
 * @throws {AppError} notFound for a provider that there is not or that wants no key
 */
export async function setProviderKey(
  { db, settings }: Context,
  { userId, provider, key }: { userId: string; provider: string; key: string },
): Promise<ProviderKey> {
  if (!isProvider(provider) || !needsKey(provider)) throw unknownProvider();
  const sealedKey = await sealProviderKey(settings.encryptionKeys, userId, provider, key);
  const kept = await putProviderKey(db, { userId, provider, sealedKey, lastFour: key.slice(-4) });
  if (!kept) throw unknownProvider();
  return kept;
}
