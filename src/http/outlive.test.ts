import { Hono } from 'hono';
import { expect, it } from 'vitest';
import type { AppEnv } from './app-env.ts';
import { outlive } from './outlive.ts';

const app = (work: () => Promise<string>) =>
  new Hono<AppEnv>()
    .get('/', async (c) => c.text(await outlive(c, work())))
    .onError((error, c) => c.text(error.message, 500));

function lifetime() {
  const kept: Promise<unknown>[] = [];
  const waitUntil = (promise: Promise<unknown>) => void kept.push(promise);
  return { kept, waitUntil, passThroughOnException: () => undefined, props: {} };
}

it('answers with what the work gives, and has the runtime wait for it', async () => {
  const context = lifetime();
  const response = await app(async () => 'done').request('/', {}, {}, context);
  expect(await response.text()).toBe('done');
  expect(context.kept).toHaveLength(1);
});

it('answers with what the work throws, and hides that from the runtime', async () => {
  const context = lifetime();
  const response = await app(() => Promise.reject(new Error('no'))).request('/', {}, {}, context);
  expect(await response.text()).toBe('no');
  expect(await Promise.all(context.kept)).toEqual([undefined]);
});

it('does without a runtime that would wait', async () => {
  expect(await (await app(async () => 'done').request('/')).text()).toBe('done');
});
