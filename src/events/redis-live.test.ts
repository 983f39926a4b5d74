import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRedis } from '../local/redis/redis.ts';
import type { Log } from '../log.ts';
import type { LiveMessage } from './live.ts';
import { createLiveFeed } from './redis-live.ts';
import type { StoredEvent } from './types.ts';

const URL_OF_REDIS = 'https://redis.local';
const redis = createRedis({ token: 'secret' });
const requests: { path: string; body: unknown }[] = [];
type Fault = (request: Request) => Promise<Response> | undefined;
let fault: Fault = () => undefined;

beforeAll(() => {
  vi.stubGlobal('fetch', async (input: string, init: RequestInit) => {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== URL_OF_REDIS) throw new Error(`Unexpected request to ${request.url}`);
    const text = await request.clone().text();
    requests.push({ path: new URL(request.url).pathname, body: text === '' ? null : JSON.parse(text) });
    return fault(request) ?? redis.fetch(request);
  });
});
afterEach(() => {
  fault = () => undefined;
  requests.length = 0;
});
afterAll(async () => {
  vi.unstubAllGlobals();
  await redis.close();
});

const warnings: Record<string, unknown>[] = [];
const log: Log = {
  debug: () => {},
  info: () => {},
  warn: (event, fields) => warnings.push({ event, ...fields }),
  error: () => {},
  with: () => log,
};
const feed = createLiveFeed({ url: URL_OF_REDIS, token: 'secret', log, timeoutMs: 300 });

const event = (seq: number, text = 'Hi.'): StoredEvent => ({
  seq,
  type: 'message.completed',
  data: { stepNo: seq, text },
  speech: null,
  at: '2026-11-21T10:00:00.000Z',
});

/** Subscribes, and hands out what comes one by one. */
async function listenTo(agentId: string) {
  const control = new AbortController();
  const { ready, messages } = feed.subscribe(agentId, control.signal);
  const iterator = messages[Symbol.asyncIterator]();
  expect(await ready).toBe(true);
  const next = async (): Promise<LiveMessage | null> => {
    const result = await iterator.next();
    return result.done ? null : result.value;
  };
  return { next, stop: () => control.abort() };
}

describe('publishing', () => {
  it('brings events to who is subscribed to the agent, in one request that forgets the finished text', async () => {
    const { next, stop } = await listenTo('agent_1');
    await feed.flush('agent_1', 'run_1', { stepNo: 1, attempt: 2, from: 0, text: 'Hi.' });
    expect(await feed.textSoFar('run_1', 1, 2)).toBe('Hi.');
    requests.length = 0;
    await feed.publish('agent_1', 'run_1', [event(1), event(2)], { stepNo: 1, attempt: 2 });
    expect(requests.map(({ path }) => path)).toEqual(['/pipeline']);
    expect(await next()).toMatchObject({ kind: 'delta' });
    expect(await next()).toEqual({
      kind: 'events',
      runId: 'run_1',
      events: [event(1), event(2)],
      lastSeq: 2,
    });
    expect(await feed.textSoFar('run_1', 1, 2)).toBe('');
    stop();
  });

  it('sends a hint in place of events that are too large, counted in bytes', async () => {
    const { next, stop } = await listenTo('agent_1');
    await feed.publish('agent_1', 'run_1', [event(7, 'é'.repeat(460_000))]);
    expect(await next()).toEqual({ kind: 'events', runId: 'run_1', events: [], lastSeq: 7 });
    await feed.publish('agent_1', 'run_1', [event(8, 'x'.repeat(850_000))]);
    expect(await next()).toMatchObject({ events: [{ seq: 8 }], lastSeq: 8 });
    stop();
  });

  it('sends nothing when there is nothing to say', async () => {
    await feed.publish('agent_1', 'run_1', []);
    expect(requests).toEqual([]);
  });

  it('does not reach followers of other agents', async () => {
    const { next, stop } = await listenTo('agent_2');
    await feed.publish('agent_1', 'run_1', [event(1)]);
    await feed.publish('agent_2', 'run_2', [event(1)]);
    expect(await next()).toMatchObject({ runId: 'run_2' });
    stop();
  });
});

describe('flushing text', () => {
  it('is one command that appends, publishes and reads the cancel flag', async () => {
    const { next, stop } = await listenTo('agent_3');
    requests.length = 0;
    const text = 'Ein "Satz"\n✓ 😀, mit Komma';
    expect(await feed.flush('agent_3', 'run_3', { stepNo: 1, attempt: 1, from: 0, text })).toBe(false);
    expect(requests).toHaveLength(1);
    expect(requests[0]?.path).toBe('/');
    expect(await next()).toEqual({
      kind: 'delta',
      runId: 'run_3',
      delta: { stepNo: 1, attempt: 1, from: 0, text },
    });
    expect(await feed.textSoFar('run_3', 1, 1)).toBe(text);
    stop();
  });

  it('answers that a cancel was requested, also to an empty delta, which nobody else hears of', async () => {
    const { next, stop } = await listenTo('agent_4');
    await feed.requestCancel('run_4');
    expect(await feed.flush('agent_4', 'run_4', { stepNo: 1, attempt: 1, from: 0, text: '' })).toBe(true);
    expect(await feed.flush('agent_4', 'run_5', { stepNo: 1, attempt: 1, from: 0, text: '' })).toBe(false);
    await feed.publish('agent_4', 'run_4', [event(1)]);
    expect(await next()).toMatchObject({ kind: 'events' });
    expect(await feed.textSoFar('run_4', 1, 1)).toBe('');
    stop();
  });

  it('puts the text together from overlapping deltas, up to the first hole', async () => {
    const flush = (from: number, text: string) =>
      feed.flush('agent_5', 'run_6', { stepNo: 2, attempt: 1, from, text });
    await flush(0, 'I will ');
    await flush(0, 'I will look ');
    await flush(12, 'first');
    await flush(30, 'lost the start of this');
    expect(await feed.textSoFar('run_6', 2, 1)).toBe('I will look first');
  });

  it('keeps attempts apart, and forgets text after ten minutes', async () => {
    await feed.flush('agent_5', 'run_7', { stepNo: 1, attempt: 1, from: 0, text: 'first' });
    await feed.flush('agent_5', 'run_7', { stepNo: 1, attempt: 2, from: 0, text: 'second' });
    expect([await feed.textSoFar('run_7', 1, 1), await feed.textSoFar('run_7', 1, 2)]).toEqual([
      'first',
      'second',
    ]);
    const response = await fetch(`${URL_OF_REDIS}/pttl/run:run_7:text:1.1`, {
      headers: { Authorization: 'Bearer secret' },
    });
    const { result } = JSON.parse(await response.text());
    expect(result).toBeGreaterThan(590_000);
    expect(result).toBeLessThanOrEqual(600_000);
  });
});

describe('a subscription', () => {
  it('ends when Redis ends it', async () => {
    const { next } = await listenTo('agent_1');
    redis.dropSubscribers();
    expect(await next()).toBeNull();
  });

  it('ends with its signal, without a word in the log', async () => {
    warnings.length = 0;
    const { next, stop } = await listenTo('agent_1');
    stop();
    expect(await next()).toBeNull();
    expect(warnings).toEqual([]);
  });

  it('is not ready when the token is wrong', async () => {
    warnings.length = 0;
    const wrong = createLiveFeed({ url: URL_OF_REDIS, token: 'wrong', log });
    const { ready, messages } = wrong.subscribe('agent_1', new AbortController().signal);
    expect(await ready).toBe(false);
    for await (const message of messages) expect.unreachable(JSON.stringify(message));
    expect(warnings).toMatchObject([{ event: 'redisFailed', operation: 'subscribe' }]);
  });

  it('is not ready when Redis does not confirm in time', async () => {
    fault = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { ready } = feed.subscribe('agent_1', new AbortController().signal);
    expect(await ready).toBe(false);
  });

  it('passes over what it cannot read, and reads lines however they are cut', async () => {
    const wire = [
      ': comment\ndata: subscribe,agent:agent_1,1\n',
      'data: message,agent:agent_1,not json\n\ndata: message,agent:agent_1,{"kind":"other"}\n',
      'data: message,agent:agent_1,{"kind":"delta","runId":"run_1","delta":{"stepNo":1,"attempt":1,"from":0,"te',
      'xt":"a, b"}}\n',
    ];
    fault = async () => new Response(new Blob(wire).stream());
    const received: LiveMessage[] = [];
    for await (const message of feed.subscribe('agent_1', new AbortController().signal).messages) {
      received.push(message);
    }
    expect(received).toEqual([
      { kind: 'delta', runId: 'run_1', delta: { stepNo: 1, attempt: 1, from: 0, text: 'a, b' } },
    ]);
  });
});

describe('the sweeper', () => {
  it('has a time that is known until somebody wakes it', async () => {
    expect(await feed.sweepNextAt()).toBeNull();
    await feed.endSweep(await feed.beginSweep(), 1_763_719_200_000);
    expect(await feed.sweepNextAt()).toBe(1_763_719_200_000);
    await feed.wakeSweeper();
    expect(await feed.sweepNextAt()).toBeNull();
  });

  it('looks again at the next tick when work was created while it looked', async () => {
    const note = await feed.beginSweep();
    expect(await feed.sweepNextAt()).toBeNull();
    await feed.wakeSweeper();
    await feed.endSweep(note, 1_763_719_200_000);
    expect(await feed.sweepNextAt()).toBeNull();
  });
});

const FAULTS: [string, Fault][] = [
  ['refuses connections', () => Promise.reject(new TypeError('fetch failed'))],
  ['answers 500 with a page', async () => new Response('<html>', { status: 500 })],
  ['answers 429', async () => Response.json({ error: 'ERR max requests limit exceeded' }, { status: 429 })],
  [
    'hangs',
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  ],
];

describe.each(FAULTS)('when Redis %s', (_name, given) => {
  it('nothing throws but the ping, nothing is tried twice, and no text is logged', async () => {
    fault = given;
    warnings.length = 0;
    const delta = { stepNo: 1, attempt: 1, from: 0, text: 'very private' };
    const answers = await Promise.all([
      feed.flush('agent_1', 'run_9', delta),
      feed.textSoFar('run_9', 1, 1),
      feed.sweepNextAt(),
      feed.publish('agent_1', 'run_9', [event(1, 'very private')], { stepNo: 1, attempt: 1 }),
      feed.requestCancel('run_9'),
      feed.endSweep('sweeping', 1),
      feed.wakeSweeper(),
    ]);
    expect(answers).toEqual([null, '', null, undefined, undefined, undefined, undefined]);
    expect(requests).toHaveLength(7);
    expect(warnings.map(({ operation }) => operation).toSorted()).toEqual([
      'endSweep',
      'flush',
      'publish',
      'requestCancel',
      'sweepNextAt',
      'textSoFar',
      'wakeSweeper',
    ]);
    expect(JSON.stringify(warnings)).not.toContain('private');
    await expect(feed.ping()).rejects.toThrow();
  });
});

it('pings', async () => {
  await feed.ping();
  expect(requests).toHaveLength(1);
});
