import { Redis } from '@upstash/redis';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createRedis, start } from './redis.ts';

let server: Awaited<ReturnType<typeof start>>;
let redis: Redis;

beforeAll(async () => {
  server = await start({ token: 'secret', readOnlyToken: 'reader' });
  redis = new Redis({ url: server.url, token: 'secret', retry: false });
});
afterAll(() => server.close());

const subscribers = async (channel: string): Promise<unknown> =>
  (await redis.exec<[string, number]>(['PUBSUB', 'NUMSUB', channel]))[1];
const eventually = (check: () => Promise<void> | void) => vi.waitFor(check, { timeout: 3000, interval: 5 });
const open = (path: string, token = 'secret', accept = 'text/event-stream') =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, Accept: accept },
  });

it('delivers messages to every follower until it unsubscribes', async () => {
  const received: unknown[] = [];
  const followers = Array.from({ length: 5 }, () => redis.subscribe<{ n: number }>('news'));
  for (const follower of followers) follower.on('message', ({ message }) => received.push(message.n));
  await eventually(async () => expect(await subscribers('news')).toBe(5));
  expect(await redis.publish('news', { n: 1 })).toBe(5);
  await eventually(() => expect(received).toEqual([1, 1, 1, 1, 1]));

  await Promise.all(followers.map((follower) => follower.unsubscribe()));
  await eventually(async () => expect(await subscribers('news')).toBe(0));
  expect(await redis.publish('news', { n: 2 })).toBe(0);
});

it('delivers messages of matching channels to pattern followers', async () => {
  const received: unknown[] = [];
  const follower = redis.psubscribe('run:*');
  follower.on('pmessage', (event) => received.push(event));
  await eventually(async () => expect(await redis.exec(['PUBSUB', 'NUMPAT'])).toBe(1));
  await redis.publish('run:7', 'a,b');
  await redis.publish('other', 'x');
  await redis.publish('run:8', '{"n":1}');
  await eventually(() => expect(received).toHaveLength(1));
  expect(received).toEqual([{ pattern: 'run:*', channel: 'run:8', message: { n: 1 } }]);
  await follower.unsubscribe();
});

it('delivers what a script publishes after it appended', async () => {
  const flush = `
    redis.call('APPEND', KEYS[1], ARGV[1])
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    redis.call('PUBLISH', ARGV[3], ARGV[1])
    return redis.call('GET', KEYS[2])`;
  const received: unknown[] = [];
  const follower = redis.subscribe('run:1');
  follower.on('message', ({ message }) => received.push(message));
  await eventually(async () => expect(await subscribers('run:1')).toBe(1));
  await redis.set('cancel', 'yes');
  expect(await redis.eval(flush, ['text', 'cancel'], ['Hello ', '60000', 'run:1'])).toBe('yes');
  expect(await redis.eval(flush, ['text', 'none'], ['world', '60000', 'run:1'])).toBeNull();
  await eventually(() => expect(received).toEqual(['Hello ', 'world']));
  expect(await redis.get('text')).toBe('Hello world');
  expect(await redis.pttl('text')).toBeGreaterThan(0);
  await follower.unsubscribe();
});

it('writes the events of the service and ends cleanly when subscribers are dropped', async () => {
  const response = await open('/subscribe/one/two');
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  await eventually(async () => expect(await subscribers('two')).toBe(1));
  await redis.publish('one', 'a,b');
  const text = response.text();
  const dropped = redis.subscribe('one');
  await eventually(async () => expect(await subscribers('one')).toBe(2));
  server.dropSubscribers();
  expect(await text).toBe('data: subscribe,one,1\n\ndata: subscribe,two,2\n\ndata: message,one,a,b\n\n');
  await eventually(async () => expect(await subscribers('one')).toBe(0));
  await dropped.unsubscribe();
});

it('ends a stream in process when its request is aborted', async () => {
  const local = createRedis({ token: 'secret' });
  const leaving = new AbortController();
  const headers = { Authorization: 'Bearer secret', Accept: 'text/event-stream' };
  const url = 'http://redis.local/subscribe/c';
  const response = await local.fetch(new Request(url, { headers, signal: leaving.signal }));
  const reader = response.body?.getReader();
  await reader?.read();
  leaving.abort();
  expect(await reader?.read()).toMatchObject({ done: true });
  const late = await local.fetch(new Request(url, { headers, signal: AbortSignal.abort() }));
  expect(await late.text()).toBe('');
  await local.close();
});

it('monitors commands', async () => {
  const response = await open('/monitor');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe('data: "OK"\n\n');
  await redis.set('seen', 'x');
  expect((await reader?.read())?.value).toMatch(/^data: [\d.]+ \[0 .*\] "set" "seen" "x"\n\n$/i);
  await reader?.cancel();
});

it('refuses followers without the right to follow', async () => {
  expect((await open('/subscribe/one', 'wrong')).status).toBe(401);
  const readOnly = await open('/subscribe/one', 'reader');
  expect(readOnly.status).toBe(400);
  expect(await readOnly.json()).toMatchObject({ error: expect.stringContaining('NOPERM') });
  const plain = await open('/subscribe/one', 'secret', 'application/json');
  expect(plain.status).toBe(400);
  expect(await plain.json()).toMatchObject({ error: expect.stringContaining('special context path') });
});
