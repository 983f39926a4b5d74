import { createHash } from 'node:crypto';
import { Redis } from '@upstash/redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { start } from './redis.ts';

type Server = Awaited<ReturnType<typeof start>>;
let server: Server;
let redis: Redis;
let raw: Redis;

const client = (options: { token?: string; automaticDeserialization?: boolean } = {}) =>
  new Redis({ url: server.url, token: 'secret', retry: false, ...options });

beforeAll(async () => {
  server = await start({ token: 'secret', readOnlyToken: 'reader' });
  redis = client();
  raw = client({ automaticDeserialization: false });
});
afterAll(() => server.close());
beforeEach(() => redis.flushall());
afterEach(() => vi.useRealTimers());

describe('commands through the official client', () => {
  it('stores and reads values of every kind', async () => {
    await redis.set('text', 'naïve ✓');
    await redis.set('ok', 'OK');
    await redis.set('json', { a: [1, null] });
    await redis.set('number', 42);
    expect(await redis.mget('text', 'ok', 'json', 'number', 'missing')).toEqual([
      'naïve ✓',
      'OK',
      { a: [1, null] },
      42,
      null,
    ]);
    expect(await redis.get('ok')).toBe('OK');
    expect(await raw.get('json')).toBe('{"a":[1,null]}');
    expect(await raw.get('number')).toBe('42');
    expect(await redis.ping()).toBe('PONG');
    expect(await redis.echo('hello')).toBe('hello');
    expect(await redis.type('text')).toBe('string');
  });

  it('pipelines commands of one tick by itself, and on request', async () => {
    const seen = vi.spyOn(globalThis, 'fetch');
    await Promise.all([redis.set('a', 1), redis.incr('a'), redis.incrby('a', 5)]);
    expect(seen.mock.calls.map(([url]) => url)).toEqual([`${server.url}/pipeline`]);
    seen.mockRestore();
    expect(await redis.pipeline().get('a').lpush('l', 'x').lrange('l', 0, -1).exec()).toEqual([7, 1, ['x']]);
  });

  it('keeps the rest of a pipeline when one command fails', async () => {
    await redis.set('text', 'x');
    const results = await redis.pipeline().incr('text').set('after', 1).exec({ keepErrors: true });
    expect(results).toEqual([
      { error: 'ERR value is not an integer or out of range', result: undefined },
      { error: undefined, result: 'OK' },
    ]);
  });

  it('runs transactions, in which a failing command does not stop the rest', async () => {
    expect(await redis.multi().set('t', 'x').get('t').exec()).toEqual(['OK', 'x']);
    await expect(redis.multi().incr('t').set('after', 'y').exec()).rejects.toThrow('not an integer');
    expect(await redis.get('after')).toBe('y');
  });

  it('keeps hashes, lists, sets and sorted sets', async () => {
    await redis.hset('h', { a: 1, b: 'two', c: { d: true } });
    expect(await redis.hgetall('h')).toEqual({ a: 1, b: 'two', c: { d: true } });
    expect(await redis.hgetall('missing')).toBeNull();
    expect(await redis.hincrby('h', 'a', 4)).toBe(5);
    await redis.rpush('l', 'a', 'b', 'c');
    expect(await redis.lrange('l', 0, -1)).toEqual(['a', 'b', 'c']);
    await redis.sadd('s', 'x', 'y');
    expect((await redis.smembers('s')).sort()).toEqual(['x', 'y']);
    await redis.zadd('z', { score: 2, member: 'b' }, { score: 1.5, member: 'a' });
    expect(await redis.zrange('z', 0, -1, { withScores: true })).toEqual(['a', 1.5, 'b', 2]);
    expect(await redis.zscore('z', 'b')).toBe(2);
    expect(await redis.scan('0')).toEqual(['0', expect.arrayContaining(['h', 'l', 's', 'z'])]);
  });

  it('expires keys by the clock of the process', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await redis.set('short', 'x', { ex: 10 });
    expect(await redis.pttl('short')).toBe(10_000);
    expect(await redis.set('short', 'y', { nx: true })).toBeNull();
    vi.setSystemTime(Date.now() + 10_001);
    expect(await redis.get('short')).toBeNull();
    expect(await redis.ttl('short')).toBe(-2);
  });

  it('appends and reads streams', async () => {
    const id = await redis.xadd('stream', '*', { kind: 'x' });
    expect(await redis.xrange('stream', '-', '+')).toEqual({ [id]: { kind: 'x' } });
  });
});

describe('errors through the official client', () => {
  const wrong = 'WRONGTYPE Operation against a key holding the wrong kind of value';

  it('gives Redis errors with the command', async () => {
    await redis.set('text', 'x');
    await expect(redis.lrange('text', 0, 1)).rejects.toThrow(`${wrong}, command was: ["lrange","text",0,1]`);
    await expect(redis.exec(['GET'])).rejects.toThrow("ERR wrong number of arguments for 'get' command");
  });

  it.each([
    ['BOGUS', "ERR Command is not available: 'BOGUS'. See"],
    ['BLPOP', "ERR Command is not available: 'BLPOP'. See"],
    ['CONFIG', "ERR Command is not available: 'CONFIG'. See"],
    ['WATCH', 'ERR Command "WATCH" is not allowed in REST or it has a special context path'],
    ['MULTI', 'ERR Command "MULTI" is not allowed in REST or it has a special context path'],
    ['SUBSCRIBE', 'ERR Command "SUBSCRIBE" is not allowed in REST or it has a special context path'],
  ])('refuses %s', async (command, message) => {
    await expect(redis.exec([command, 'k', '0'])).rejects.toThrow(message);
  });

  it('refuses to block on a stream', async () => {
    await expect(redis.exec(['XREAD', 'BLOCK', '0', 'STREAMS', 's', '$'])).rejects.toThrow('not available');
    expect(await redis.exec(['XREAD', 'COUNT', '1', 'STREAMS', 'block', '0'])).toBeNull();
  });

  it('discards a transaction as a whole when a command is unsupported or malformed', async () => {
    const transaction = redis.multi().set('never', 1);
    transaction.echo('x');
    await expect(transaction.exec()).resolves.toEqual(['OK', 'x']);
    const post = (body: unknown) =>
      fetch(`${server.url}/multi-exec`, {
        method: 'POST',
        headers: { Authorization: 'Bearer secret' },
        body: JSON.stringify(body),
      });
    await redis.del('never');
    for (const bad of [['BOGUS'], ['BLPOP', 'k', 0], ['GET'], ['WATCH', 'k']]) {
      const response = await post([['SET', 'never', 1], bad]);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ error: expect.stringMatching(/^ERR /) });
    }
    expect(await redis.get('never')).toBeNull();
  });

  it('refuses a wrong token', async () => {
    await expect(client({ token: 'nope' }).get('k')).rejects.toThrow(
      'WRONGPASS invalid or missing auth token',
    );
  });

  it('lets the read-only token read', async () => {
    const reader = client({ token: 'reader' });
    await redis.set('k', 'v');
    expect(await reader.get('k')).toBe('v');
    const refused = [
      () => reader.set('k', 'w'),
      () => reader.keys('*'),
      () => reader.scan(0),
      () => reader.publish('c', 'm'),
      () => reader.eval('return 1', [], []),
    ];
    for (const ask of refused) {
      await expect(ask()).rejects.toThrow(/NOPERM this user has no permissions to run the '\w+' command/);
    }
  });
});

describe('scripts through the official client', () => {
  it('runs EVAL and EVALSHA, and says NOSCRIPT for what it does not know', async () => {
    const script = 'return {KEYS[1], ARGV[1], 3, false}';
    const sha = createHash('sha1').update(script).digest('hex');
    await expect(redis.evalsha(sha, ['k'], ['v'])).rejects.toThrow('NOSCRIPT');
    expect(await redis.eval(script, ['k'], ['v'])).toEqual(['k', 'v', 3, null]);
    expect(await redis.evalsha(sha, ['k'], ['v'])).toEqual(['k', 'v', 3, null]);
    expect(await redis.createScript<number>('return 1').exec([], [])).toBe(1);
  });

  it('knows a key-locking script by the SHA-1 of its whole text', async () => {
    const script = '#!lua flags=allow-key-locking\nreturn redis.call("INCRBY", KEYS[1], ARGV[1])';
    const sha = createHash('sha1').update(script).digest('hex');
    expect(await redis.scriptExists(sha)).toEqual([0]);
    expect(await redis.scriptLoad(script)).toBe(sha);
    expect(await redis.scriptExists(sha)).toEqual([1]);
    expect(await redis.evalsha(sha, ['n'], ['2'])).toBe(2);
    expect(await redis.multi().evalsha(sha, ['n'], ['3']).eval(script, ['n'], ['1']).exec()).toEqual([5, 6]);
    await redis.scriptFlush();
    await expect(redis.evalsha(sha, ['n'], ['2'])).rejects.toThrow('NOSCRIPT');
  });

  it('gives the errors of scripts', async () => {
    await expect(redis.eval('return redis.call("INCR")', [], [])).rejects.toThrow('ERR');
    await expect(redis.eval('return redis.error_reply("MY own")', [], [])).rejects.toThrow('MY own');
    await expect(redis.eval('nonsense(', [], [])).rejects.toThrow('ERR');
  });
});
