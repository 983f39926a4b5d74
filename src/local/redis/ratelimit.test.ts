import { Ratelimit } from '@upstash/ratelimit';
import { Redis } from '@upstash/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { start } from './redis.ts';

let server: Awaited<ReturnType<typeof start>>;
let redis: Redis;

beforeAll(async () => {
  server = await start({ token: 'secret' });
  redis = new Redis({ url: server.url, token: 'secret', retry: false });
});
afterAll(() => server.close());

it.each([
  ['fixedWindow', Ratelimit.fixedWindow(2, '1 h')],
  ['slidingWindow', Ratelimit.slidingWindow(2, '1 h')],
  ['tokenBucket', Ratelimit.tokenBucket(2, '1 h', 2)],
])('limits by %s', async (prefix, limiter) => {
  const ratelimit = new Ratelimit({ redis, limiter, prefix, ephemeralCache: false });
  expect(await ratelimit.limit('ann')).toMatchObject({ success: true, remaining: 1 });
  expect(await ratelimit.limit('ann')).toMatchObject({ success: true, remaining: 0 });
  expect(await ratelimit.limit('ann')).toMatchObject({ success: false, remaining: 0 });
  expect(await ratelimit.limit('bob')).toMatchObject({ success: true, remaining: 1 });
  expect(await ratelimit.getRemaining('ann')).toMatchObject({ remaining: 0 });
  await ratelimit.resetUsedTokens('ann');
  expect(await ratelimit.limit('ann')).toMatchObject({ success: true });
});
