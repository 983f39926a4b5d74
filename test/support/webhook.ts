import { createHmac } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Cloud } from './cloud.ts';

const WEBHOOK_SECRET = 'webhook-secret';
const DOOR = 'https://cadence.test/api/v1/webhooks/github';

const signatureOf = (body: string | Uint8Array, secret = WEBHOOK_SECRET): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

export interface Handed {
  event: string;
  deliveryId: string;
  body: string;
}

const answerSchema = z.object({
  outcomes: z.array(z.object({ kind: z.string(), why: z.string().optional() })).optional(),
});

/** Hands over an event as GitHub does. */
export async function handOver({ app }: Cloud, { event, deliveryId, body }: Handed, headers: object = {}) {
  const request = new Request(DOOR, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': deliveryId,
      'x-hub-signature-256': signatureOf(body),
      ...headers,
    },
    body,
  });
  const response = await app.fetch(request);
  const { outcomes = [] } = answerSchema.parse(await response.json());
  return { status: response.status, outcomes };
}

/**
 * Keeps what GitHub would hand over, so that a test delivers it itself: lost, late, twice, in any order. Only while it is held does
 * nothing arrive.
 */
export function holdDeliveries(cloud: Cloud): Handed[] {
  const held: Handed[] = [];
  cloud.fetches.intercept = async (service, request, send) => {
    if (service !== 'cadence' || !request.url.endsWith('/webhooks/github')) return send();
    const [event, deliveryId] = [
      request.headers.get('x-github-event'),
      request.headers.get('x-github-delivery'),
    ];
    held.push({ event: event ?? '', deliveryId: deliveryId ?? '', body: await request.text() });
    return new Response(null, { status: 202 });
  };
  return held;
}

/** Asks the local GitHub as one of its accounts. */
export async function onGithub(
  { github }: Cloud,
  login: string,
  method: string,
  path: string,
  body?: object,
  // biome-ignore lint/suspicious/noExplicitAny: whatever GitHub answered
): Promise<any> {
  const response = await github.fetch(
    new Request(`${github.apiUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${await github.issueToken(login)}`, 'user-agent': 'test' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }),
  );
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}

/** All that webhooks could make. */
export async function countMade({ db }: Cloud): Promise<Record<string, number>> {
  const { rows } = await db.execute<Record<string, number>>(
    sql`SELECT (SELECT count(*)::int FROM agents) AS agents, (SELECT count(*)::int FROM runs) AS runs,
      (SELECT count(*)::int FROM messages) AS messages, (SELECT count(*)::int FROM github_threads) AS threads,
      (SELECT count(*)::int FROM github_deliveries) AS deliveries,
      (SELECT count(*)::int FROM audit_log WHERE credential LIKE 'webhook %') AS audited`,
  );
  return rows[0] ?? {};
}
