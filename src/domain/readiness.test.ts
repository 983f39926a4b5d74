import { describe, expect, it } from 'vitest';
import { testContext } from '../../test/support/context.ts';
import { readiness } from './readiness.ts';

describe('readiness', () => {
  it('asks everyone at once and gives up on who is silent', async () => {
    const context = testContext();
    const asked: string[] = [];
    const ask = (name: string, answer: Promise<void>) => async () => {
      asked.push(name);
      await answer;
    };
    const silence = new Promise<void>(() => {});
    const pings = { silent: ask('silent', silence), prompt: ask('prompt', Promise.resolve()) };
    const found = await readiness({ ...context, pings }, 5);
    expect(asked).toEqual(['silent', 'prompt']);
    expect(found).toMatchObject({
      status: 'notReady',
      dependencies: { silent: { status: 'down' }, prompt: { status: 'up' } },
    });
    expect(context.lines.join()).toContain('no answer within 5 ms');
  });

  it('measures how long each took', async () => {
    const context = testContext();
    const slow = async () => {
      context.clock.now = new Date(context.clock.now.getTime() + 40);
    };
    const found = await readiness({ ...context, pings: { slow } });
    expect(found.dependencies.slow).toEqual({ status: 'up', latencyMs: 40 });
  });
});
