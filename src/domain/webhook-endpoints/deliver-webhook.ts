import { signWebhook } from '../../crypto/webhook-signature.ts';
import type { WebhookHint } from '../../queue/port.ts';
import { appendAudit } from '../../store/audit.ts';
import { recordTry, type TakenDelivery, takeDelivery } from '../../store/webhook-outbox.ts';
import { checkWebAddress } from '../../tools/web-address.ts';
import type { Context } from '../context.ts';
import { openSecret } from './webhook-secret.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** After each failure in a row; three days in all, as Standard Webhooks advises. After the last one it has failed. */
const DELAYS_MS = [
  5_000,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS),
];
const DISABLE_AFTER_MS = 5 * 24 * HOUR_MS;
const TIMEOUT_MS = 15_000;
const GONE = 410;

/** What a hint of the queue came to. Each is acknowledged: when to try again is decided here, not by the queue. */
export type WebhookOutcome = 'delivered' | 'pending' | 'failed' | 'stale';

/**
 * Makes one try of a delivery and writes down what came of it. Repeating the hint is harmless: one worker at a time has the
 * try, and the receiver knows a repeat by its `webhook-id`.
 */
export async function deliverWebhook(context: Context, hint: WebhookHint): Promise<WebhookOutcome> {
  const taken = await takeDelivery(context.db, hint);
  if (taken === null) return 'stale';
  if (taken.state !== 'pending') return taken.state;

  const begunAt = context.now();
  const answer = await send(context, hint.deliveryId, taken);
  const tried = await recordTry(context.db, {
    ...hint,
    outcome: answer.error === null ? 'delivered' : answer.status === GONE ? 'gone' : 'failed',
    tried: { at: begunAt.toISOString(), ...answer, durationMs: context.now().getTime() - begunAt.getTime() },
    delaysMs: DELAYS_MS,
    disableAfterMs: DISABLE_AFTER_MS,
  });
  if (tried === null) return 'stale';
  if (tried.disabled !== null) await tellOfDisabling(context, taken, tried.disabled, answer.status ?? 0);
  if (tried.state === 'pending') await context.queue.publishWebhooks([tried.pending]);
  return tried.state;
}

interface Answered {
  status: number | null;
  /** Why it does not count as delivered; null when it does. */
  error: string | null;
}

async function send(context: Context, deliveryId: string, taken: TakenDelivery): Promise<Answered> {
  // Checked again: what was allowed when the endpoint was made may not be today.
  const address = checkWebAddress(taken.url);
  if (!address.ok) return { status: null, error: `The address ${address.reason}.` };
  const message = await messageOf(context, deliveryId, taken);
  if (message === null)
    return { status: null, error: 'Its secret was sealed with another key: rotate it, or restore the key.' };
  const request = new Request(address.url, {
    ...message,
    method: 'POST',
    // A redirect may lead anywhere, a private network included.
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  try {
    const response = await context.engine.fetch(request);
    // Nothing that it says beyond its status is read, so its size does not matter.
    await response.body?.cancel().catch(() => undefined);
    return { status: response.status, error: problemOf(response.status) };
  } catch {
    const error = request.signal.aborted
      ? `No answer came within ${TIMEOUT_MS / 1000} seconds.`
      : 'No answer came.';
    return { status: null, error };
  }
}

function problemOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return 'It answered with a redirect, which is not followed.';
  return `It answered ${status}.`;
}

/** Null when there is nothing to sign with. */
async function messageOf(context: Context, id: string, taken: TakenDelivery) {
  const { endpointId, organisationId, type, createdAt, run } = taken;
  const data = run === null ? { organisationId, webhookEndpointId: endpointId } : { organisationId, ...run };
  const body = JSON.stringify({ type, timestamp: createdAt, data });
  const timestamp = Math.floor(context.now().getTime() / 1000);
  const sealed = [taken.secret, ...taken.oldSecrets.map((old) => old.sealed)];
  const opened = await Promise.all(sealed.map((secret) => openSecret(context, endpointId, secret)));
  const secrets = opened.filter((secret) => secret !== null);
  if (secrets.length === 0) return null;
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Cadence-Webhooks/1',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': await signWebhook(secrets, { id, timestamp, body }),
    },
  };
}

/** Nobody asked for it, so the log of the organisation says who did it and why. */
async function tellOfDisabling(
  { db, newId, log }: Context,
  { organisationId, endpointId }: TakenDelivery,
  reason: 'gone' | 'failing',
  status: number,
): Promise<void> {
  log.warn('webhookDisabled', { webhookEndpointId: endpointId, reason });
  await appendAudit(db, {
    organisationId,
    userId: 'system',
    credential: 'system',
    action: 'disable webhook endpoint',
    object: { webhookEndpointId: endpointId, reason },
    status,
    requestId: newId('req'),
    address: null,
    userAgent: null,
  });
}
