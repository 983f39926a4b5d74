import type { Listed, RowPosition } from '../../store/bounded-page.ts';
import { listDeliveries, type WebhookDelivery } from '../../store/webhook-deliveries.ts';
import type { Context } from '../context.ts';
import { getWebhookEndpoint, type WhichEndpoint } from './get-webhook-endpoint.ts';

/**
 * A page of what was sent to an endpoint, newest first.
 *
 * @throws {AppError} notFound
 */
export async function listWebhookDeliveries(
  context: Context,
  { limit, after, ...which }: WhichEndpoint & { limit: number; after: RowPosition | undefined },
): Promise<Listed<WebhookDelivery>> {
  const { id: webhookEndpointId } = await getWebhookEndpoint(context, which);
  return listDeliveries(context.db, { webhookEndpointId, limit, after });
}
