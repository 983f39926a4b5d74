import {
  insertTest,
  restartDelivery,
  type Sent,
  type WebhookDelivery,
} from '../../store/webhook-deliveries.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { found, getEnabledEndpoint, type WhichEndpoint } from './get-webhook-endpoint.ts';

/**
 * Sends an event that means nothing, whatever the endpoint's filter is.
 *
 * @throws {AppError} notFound, webhookDisabled
 */
export async function sendTestWebhook(context: Context, which: WhichEndpoint): Promise<WebhookDelivery> {
  const { id: webhookEndpointId } = await getEnabledEndpoint(context, which);
  const made = { id: context.newId('delivery'), webhookEndpointId };
  return tell(context, found(await insertTest(context.db, made)));
}

/**
 * Sends what was sent before once more, under the id that it had, and again until it arrives or the last try has failed.
 *
 * @throws {AppError} notFound, webhookDisabled
 */
export async function resendWebhook(
  context: Context,
  which: WhichEndpoint & { deliveryId: string },
): Promise<WebhookDelivery> {
  await getEnabledEndpoint(context, which);
  const sent = await restartDelivery(context.db, which);
  if (sent === null) throw new AppError('notFound', 'There is no such delivery.');
  return tell(context, sent);
}

async function tell({ live, queue }: Context, { delivery, pending }: Sent): Promise<WebhookDelivery> {
  if (pending) await Promise.all([live.wakeSweeper(), queue.publishWebhooks([pending])]);
  return delivery;
}
