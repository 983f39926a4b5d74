import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createRedisServer } from 'js-redis-server';
import { afterAll, describe, expect, it } from 'vitest';
import { createRedis } from './redis.ts';

const redis = createRedis({ token: 'secret' });
afterAll(() => redis.close());

const ask = (path: string, init: RequestInit = {}) =>
  redis.fetch(
    new Request(`http://redis.local${path}`, {
      ...init,
      headers: { Authorization: 'Bearer secret', ...init.headers },
    }),
  );
const json = async (path: string, init?: RequestInit) => (await ask(path, init)).json();

describe('the REST protocol', () => {
  it('takes commands from the path, the body and the query', async () => {
    expect(await json('/set/foo/b%2Far')).toEqual({ result: 'OK' });
    expect(await json('/get/foo')).toEqual({ result: 'b/ar' });
    expect(await json('/set/foo?EX=100&KEEPTTL=', { method: 'POST', body: 'x' })).toEqual({
      error: 'ERR syntax error',
    });
    expect(await json('/set/foo?EX=100', { method: 'PUT', body: 'body' })).toEqual({ result: 'OK' });
    expect(await json('/ttl/foo')).toEqual({ result: 100 });
    expect(await json('/', { method: 'POST', body: '["MGET","foo","none"]' })).toEqual({
      result: ['body', null],
    });
    expect(await json('/', { method: 'POST', body: '["SET","n",1.5]' })).toEqual({ result: 'OK' });
  });

  it('keeps bytes that are not text', async () => {
    await ask('/set/bytes', { method: 'POST', body: new Uint8Array([0, 255]) });
    expect(await json('/get/bytes', { headers: { 'Upstash-Encoding': 'base64' } })).toEqual({
      result: 'AP8=',
    });
    expect(await json('/get/bytes')).toEqual({ result: '\u0000\ufffd' });
  });

  it('encodes every string but OK when asked for base64', async () => {
    const headers = { 'Upstash-Encoding': 'base64' };
    expect(await json('/set/ok/OK', { headers })).toEqual({ result: 'OK' });
    expect(await json('/get/ok', { headers })).toEqual({ result: 'T0s=' });
    expect(await json('/ping', { headers })).toEqual({ result: 'UE9ORw==' });
    const body = JSON.stringify([
      ['EVAL', "return {'a', {1, 'b'}, false}", 0],
      ['LPUSH', 'ok', 'x'],
    ]);
    expect(await json('/pipeline', { method: 'POST', headers, body })).toEqual([
      { result: ['YQ==', [1, 'Yg=='], null] },
      { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' },
    ]);
  });

  it('gives a fresh sync token each time', async () => {
    const tokens = await Promise.all(
      ['/ping', '/ping', '/bogus'].map(async (path) => (await ask(path)).headers.get('upstash-sync-token')),
    );
    expect(new Set(tokens).size).toBe(3);
    expect(tokens).not.toContain(null);
  });

  it('takes the token from the query and refuses others', async () => {
    const bare = (path: string) => redis.fetch(new Request(`http://redis.local${path}`));
    expect(await (await bare('/ping?_token=secret')).json()).toEqual({ result: 'PONG' });
    for (const path of ['/ping', '/ping?_token=', '/ping?_token=wrong', '/subscribe/x']) {
      const response = await bare(path);
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({ error: 'WRONGPASS invalid or missing auth token' });
    }
  });

  it('refuses other methods, and answers HEAD without a body', async () => {
    for (const method of ['DELETE', 'PATCH', 'OPTIONS']) {
      expect((await ask('/ping', { method })).status).toBe(405);
    }
    const head = await ask('/ping', { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
  });

  it.each([
    ['/', '', 'ERR failed to parse command'],
    ['/', '{"a":1}', 'ERR failed to parse command'],
    ['/', '["SET","k",{"a":1}]', 'ERR failed to parse command'],
    ['/', '[]', 'ERR empty command'],
    ['/pipeline', 'x', 'ERR failed to parse pipeline request'],
    ['/pipeline', '["SET","k","v"]', 'ERR failed to parse pipeline request'],
    ['/pipeline', '[]', 'ERR empty pipeline request'],
    ['/multi-exec', '{}', 'ERR failed to parse transaction request'],
    ['/get/%zz', '', 'ERR failed to parse command'],
    ['/get', '', "ERR wrong number of arguments for 'get' command"],
  ])('refuses %s with the body %j', async (path, body, error) => {
    const response = await ask(path, { method: 'POST', body });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error });
  });

  it('refuses a request of more than 10 MB and formats it does not speak', async () => {
    const large = await ask('/set/large', { method: 'POST', body: 'x'.repeat(10 * 1024 * 1024 + 1) });
    expect(large.status).toBe(400);
    expect(await large.json()).toEqual({
      error: 'ERR max request size exceeded. Limit: 10485760 bytes, Actual: 10485761 bytes',
    });
    expect((await ask('/ping', { headers: { 'Upstash-Response-Format': 'resp2' } })).status).toBe(400);
  });
});

describe('over a Redis of one’s own', () => {
  it('runs commands and transactions, follows channels and connects again', async () => {
    const other = await createRedisServer();
    // In between, so that connections can be cut.
    const sockets = new Set<Socket>();
    const proxy = createServer((socket) => {
      sockets.add(socket);
      const upstream = connect(other.port, '127.0.0.1');
      socket.pipe(upstream).pipe(socket);
      socket.on('close', () => upstream.destroy());
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const address = proxy.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const remote = createRedis({ token: 'secret', redisUrl: `redis://127.0.0.1:${port}/1` });
    const over = (path: string, init: RequestInit = {}) =>
      remote.fetch(
        new Request(`http://redis.local${path}`, {
          ...init,
          headers: { Authorization: 'Bearer secret', ...init.headers },
        }),
      );

    await over('/set/k/v');
    const body = '[["GET","k"],["INCR","n"]]';
    expect(await (await over('/multi-exec', { method: 'POST', body })).json()).toEqual([
      { result: 'v' },
      { result: 1 },
    ]);
    const events = await over('/subscribe/c', { headers: { Accept: 'text/event-stream' } });
    const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('data: subscribe,c,1\n\n');
    await over('/publish/c/hello');
    expect((await reader?.read())?.value).toBe('data: message,c,hello\n\n');

    const command = over('/get/k');
    for (const socket of sockets) socket.destroy();
    expect((await command).status).toBe(503);
    expect(await reader?.read()).toMatchObject({ done: true });
    expect(await (await over('/get/k')).json()).toEqual({ result: 'v' });

    await remote.close();
    for (const socket of sockets) socket.destroy();
    proxy.close();
    expect((await over('/get/k')).status).toBe(503);
    await other.close();
  });

  it('answers 503 where there is no Redis', async () => {
    const http = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await once(http.listen(0, '127.0.0.1'), 'listening');
    const address = http.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const remote = createRedis({ token: 'secret', redisUrl: `redis://:password@127.0.0.1:${port}` });
    const headers = { Authorization: 'Bearer secret' };
    const response = await remote.fetch(new Request('http://redis.local/ping', { headers }));
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: 'ERR not a RESP2 reply: "H"' });
    await remote.close();
    http.close();
  });
});
