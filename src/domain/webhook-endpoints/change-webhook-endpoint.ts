import { type EndpointChanges, updateEndpoint, type WebhookEndpoint } from '../../store/webhook-endpoints.ts';
import type { Context } from '../context.ts';
import { found, type WhichEndpoint } from './get-webhook-endpoint.ts';
import { webhookUrl } from './webhook-url.ts';

/**
 * Changes what is given. What is on its way already goes to the new address, if that changes.
 *
 * @throws {AppError} validationFailed, notFound
 */
export async function changeWebhookEndpoint(
  { db }: Context,
  which: WhichEndpoint,
  changes: EndpointChanges,
): Promise<WebhookEndpoint> {
  const url = changes.url === undefined ? {} : { url: webhookUrl(changes.url) };
  const events = changes.events && { events: [...new Set(changes.events)] };
  return found(await updateEndpoint(db, which, { ...changes, ...url, ...events }));
}
