import { newWebhookSecret } from '../../crypto/webhook-signature.ts';
import { rotateSecret, type WebhookEndpoint } from '../../store/webhook-endpoints.ts';
import type { Context } from '../context.ts';
import { found, type WhichEndpoint } from './get-webhook-endpoint.ts';
import { sealSecret } from './webhook-secret.ts';

/** How long a secret that was replaced signs too, so that its receiver can take its time. */
const KEEP_MS = 86_400_000;

/**
 * Gives an endpoint a new secret, which this answer has.
 *
 * @throws {AppError} notFound
 */
export async function rotateWebhookSecret(
  context: Context,
  which: WhichEndpoint,
): Promise<WebhookEndpoint & { secret: string }> {
  const secret = newWebhookSecret();
  const sealed = await sealSecret(context, which.webhookEndpointId, secret);
  const endpoint = found(await rotateSecret(context.db, which, { secret: sealed, keepMs: KEEP_MS }));
  return { ...endpoint, secret };
}
