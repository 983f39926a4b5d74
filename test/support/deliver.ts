import { sql } from 'drizzle-orm';
import { signDelivery } from '../../src/local/qstash/signature.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../src/local/qstash/start.ts';
import type { Run } from '../../src/store/run-reads.ts';
import type { Cloud } from './cloud.ts';
import { testMode } from './mode.ts';

const PUBLIC_URL = 'https://cadence.test';
const BUSY = 503;

/** A prompt that makes the scripted model take these turns. */
export const scriptOf = (...turns: object[]) => `Play this.\n\`\`\`script\n${JSON.stringify(turns)}\n\`\`\``;

/** Delivers a callback as QStash would, signed for the address unless a test signs it otherwise. */
export async function deliver(
  { app }: Cloud,
  path: string,
  body: unknown,
  signature?: string,
): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const { currentSigningKey } = DEVELOPMENT_CREDENTIALS;
  const bytes = new TextEncoder().encode(text);
  const handOver = async () =>
    app.request(path, {
      method: 'POST',
      body: text,
      headers: {
        'content-type': 'application/json',
        'upstash-signature':
          signature ?? signDelivery(currentSigningKey, PUBLIC_URL + path, bytes, Date.now()),
      },
    });
  const first = handOver();
  const answers = await Promise.all([first, ...Array.from({ length: testMode().deliveries - 1 }, handOver)]);
  // Of several at once one does the work; the others are told that somebody is at it.
  return answers.find(({ status }) => status !== BUSY) ?? first;
}

/** Delivers what is due of a run until it rests, and gives the state it rests in. */
export async function deliverUntilRest(cloud: Cloud, runId: string): Promise<Run['status']> {
  for (let delivery = 0; delivery < 100; delivery++) {
    const { rows } = await cloud.db.execute<{ status: Run['status']; dispatch_no: number }>(
      sql`SELECT status, dispatch_no FROM runs WHERE id = ${runId}::text`,
    );
    const run = rows[0];
    if (!run) throw new Error(`there is no ${runId}`);
    if (run.status !== 'queued') return run.status;
    const body = { runId, dispatchNo: run.dispatch_no };
    const response = await deliver(cloud, '/api/v1/callbacks/run', body);
    if (!response.ok) throw new Error(`a delivery was answered ${response.status}: ${await response.text()}`);
  }
  throw new Error(`${runId} does not come to rest`);
}
