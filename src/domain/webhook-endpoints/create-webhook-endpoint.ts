import { newWebhookSecret } from '../../crypto/webhook-signature.ts';
import { insertEndpoint, type WebhookEndpoint } from '../../store/webhook-endpoints.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { sealSecret } from './webhook-secret.ts';
import { webhookUrl } from './webhook-url.ts';

const MOST_ENDPOINTS = 20;

/**
 * Makes an endpoint, which is told of what happens from then on. This answer has its secret.
 *
 * @throws {AppError} validationFailed, webhooksFull
 */
export async function createWebhookEndpoint(
  context: Context,
  input: { organisationId: string; url: string; events: readonly string[]; description: string | null },
): Promise<WebhookEndpoint & { secret: string }> {
  const url = webhookUrl(input.url);
  const id = context.newId('webhook');
  const secret = newWebhookSecret();
  const events = [...new Set(input.events)];
  const sealed = await sealSecret(context, id, secret);
  const made = await insertEndpoint(
    context.db,
    { ...input, id, url, events, secret: sealed },
    MOST_ENDPOINTS,
  );
  if (made === null) {
    throw new AppError('webhooksFull', `An organisation has at most ${MOST_ENDPOINTS} endpoints.`);
  }
  return { ...made, secret };
}
