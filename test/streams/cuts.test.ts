import { describe, expect, it } from 'vitest';
import { followRun, type StreamedEvent } from '../../src/local/client/follow.ts';
import { openApi } from '../support/api.ts';
import { deliverUntilRest, scriptOf } from '../support/deliver.ts';
import { type Cut, cutShort, weakClient } from './weak-connection.ts';

const { cloud, api, token } = await openApi();

const TASK = scriptOf(
  {
    text: 'I look around — “gründlich”. '.repeat(4),
    chunkDelayMs: 4,
    calls: [{ name: 'list_files', input: {} }],
  },
  { text: 'Now I write.', calls: [{ name: 'write_file', input: { path: 'a.md', content: 'a\n' } }] },
  { text: 'Done.' },
);

async function start(): Promise<string> {
  const { body } = await api.post('/agents', { prompt: TASK }, { token });
  return body.activeRun.id;
}

/** The run's log as the table has it. */
async function table(runId: string) {
  const { body } = await api.get(`/runs/${runId}/events`, { token, headers: { accept: 'application/json' } });
  return body.data;
}

/** What a follower saw of the log; what has no id is not in it. */
async function durable(events: AsyncIterable<StreamedEvent>) {
  const seen: unknown[] = [];
  for await (const { id, data } of events) if (id !== undefined) seen.push(data);
  return seen;
}

/** A number that depends on its place only, so that a failure comes again: the finalizer of MurmurHash3. */
function draw(place: number, below: number): number {
  let h = Math.imul(place ^ (place >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) % below;
}

/** Says nothing until the product has waited long enough. */
const hang = (signal: AbortSignal) =>
  new Promise<Response>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );

describe('a stream that is cut', () => {
  it('loses nothing and repeats nothing, whichever byte was the last', async () => {
    const runId = await start();
    const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
    const path = `/api/v1/runs/${runId}/events`;
    const live = await cloud.app.request(path, { headers });
    const [bytes] = await Promise.all([live.bytes(), deliverUntilRest(cloud, runId)]);
    const text = new TextDecoder().decode(bytes);
    expect(text).toContain('event: message.delta');
    expect(text).toContain('event: run.completed');
    const log = await table(runId);

    // The run has ended, so what the server answers depends on the cursor alone.
    const answers = new Map<string, Promise<ArrayBuffer>>();
    const answerFrom = (cursor: string) => {
      const ask = async () =>
        (await cloud.app.request(path, { headers: { ...headers, 'last-event-id': cursor } })).arrayBuffer();
      const answer = answers.get(cursor) ?? ask();
      answers.set(cursor, answer);
      return answer;
    };
    const followCut = (cut: Cut) => {
      let connections = 0;
      const send = async (_method: string, _path: string, options?: { headers?: Record<string, string> }) => {
        connections += 1;
        if (connections === 1) return new Response(cutShort(new Blob([bytes]).stream(), cut));
        return new Response(await answerFrom(options?.headers?.['last-event-id'] ?? '0'));
      };
      return durable(followRun({ send }, runId, { pauseMs: 0 }));
    };
    for (let from = 0; from <= bytes.length; from += 64) {
      const offsets = Array.from({ length: Math.min(64, bytes.length + 1 - from) }, (_, at) => from + at);
      await Promise.all(
        offsets.map(async (afterBytes) => {
          const how = afterBytes % 2 === 0 ? 'closed' : 'broken';
          expect(await followCut({ afterBytes, how }), `cut after ${afterBytes} bytes`).toEqual(log);
        }),
      );
    }
    // Every event that has an id was the last one seen in some of them.
    expect(answers.size).toBe(log.length);
  }, 60_000);

  it('shows two followers the same under load, however often and wherever they are cut', async () => {
    const runIds = await Promise.all(Array.from({ length: 6 }, start));
    const follow = (runId: string, follower: number) => {
      const cutOf = (nth: number): Cut => {
        const place = Number.parseInt(runId.slice(-6), 36) + follower * 7919 + nth * 104_729;
        return { afterBytes: 1 + draw(place, 1_500), how: nth % 2 === 0 ? 'broken' : 'closed' };
      };
      return durable(followRun(weakClient(cloud, token, cutOf), runId, { pauseMs: 5 }));
    };
    await Promise.all(
      runIds.map(async (runId) => {
        const [one, other] = await Promise.all([
          follow(runId, 1),
          follow(runId, 2),
          deliverUntilRest(cloud, runId),
        ]);
        expect(one).toEqual(await table(runId));
        expect(other).toEqual(one);
      }),
    );
  });

  it.each([
    ['answers errors', async (_: AbortSignal) => new Response('{"error":"ERR"}', { status: 500 })],
    ['cannot be reached', (_: AbortSignal) => Promise.reject(new TypeError('fetch failed'))],
    ['hangs', hang],
  ])('loses nothing while Redis %s', async (_what, answer) => {
    const runId = await start();
    let asked = 0;
    // Every second request; the rest goes through, so that subscriptions open and miss what is published.
    cloud.fetches.intercept = (service, request, send) =>
      service === 'redis' && asked++ % 2 === 0 ? answer(request.signal) : send();
    const follower = durable(
      followRun(
        weakClient(cloud, token, () => undefined),
        runId,
        { pauseMs: 5 },
      ),
    );
    const [seen] = await Promise.all([follower, deliverUntilRest(cloud, runId)]);
    cloud.fetches.intercept = (_service, _request, send) => send();
    expect(seen).toEqual(await table(runId));
  });
});
