import { deleteEndpoint } from '../../store/webhook-endpoints.ts';
import type { Context } from '../context.ts';
import { found, type WhichEndpoint } from './get-webhook-endpoint.ts';

/**
 * Removes an endpoint with its log. What was on its way is not sent any more.
 *
 * @throws {AppError} notFound
 */
export async function removeWebhookEndpoint({ db }: Context, which: WhichEndpoint): Promise<void> {
  found((await deleteEndpoint(db, which)) || null);
}
