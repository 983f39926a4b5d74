import { revokeApiKey as endKey } from '../../store/api-keys.ts';
import { recheckStreams } from '../auth/recheck-streams.ts';
import type { Context } from '../context.ts';
import { unknownKey, type WhichKey } from './get-api-key.ts';

/**
 * Ends a key for good, and the streams that were opened with it.
 *
 * @throws {AppError} notFound
 */
export async function revokeApiKey(context: Context, which: WhichKey): Promise<void> {
  const { organisationId, apiKeyId } = which;
  if (!(await endKey(context.db, organisationId, apiKeyId))) throw unknownKey();
  await recheckStreams(context, { organisationId });
}
