import { type ApiKey, listApiKeys as readApiKeys } from '../../store/api-keys.ts';
import type { Listed, RowPosition } from '../../store/bounded-page.ts';
import type { Context } from '../context.ts';

/** A page of the organisation's keys, newest first. */
export function listApiKeys(
  { db }: Context,
  page: { organisationId: string; limit: number; after: RowPosition | undefined },
): Promise<Listed<ApiKey>> {
  return readApiKeys(db, page);
}
