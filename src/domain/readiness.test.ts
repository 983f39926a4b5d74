import { describe, expect, it } from 'vitest';
import { testContext } from '../../test/support/context.ts';
import { createReadiness } from './readiness.ts';

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
    const found = await createReadiness({ ...context, pings }, 5)();
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
    const found = await createReadiness({ ...context, pings: { slow } })();
    expect(found.dependencies.slow).toEqual({ status: 'up', latencyMs: 40 });
  });

  it('is known for five seconds, then asked again', async () => {
    const context = testContext();
    let asked = 0;
    const flaky = async () => {
      asked += 1;
      if (asked === 1) throw new Error('gone');
    };
    const readiness = createReadiness({ ...context, pings: { flaky } });
    const later = (ms: number) => {
      context.clock.now = new Date(context.clock.now.getTime() + ms);
    };
    expect((await readiness()).status).toBe('notReady');
    later(4_999);
    expect((await readiness()).status).toBe('notReady');
    expect(asked).toBe(1);
    later(1);
    expect((await readiness()).status).toBe('ready');
    expect(asked).toBe(2);
  });

  it('is not waited for by one request on behalf of another', async () => {
    const answers: (() => void)[] = [];
    const slow = () => new Promise<void>((resolve) => answers.push(resolve));
    const readiness = createReadiness({ ...testContext(), pings: { slow } });
    void readiness();
    const second = readiness();
    expect(answers).toHaveLength(2);
    answers[1]?.();
    expect((await second).status).toBe('ready');
    expect((await readiness()).status).toBe('ready');
    expect(answers).toHaveLength(2);
    answers[0]?.();
  });
});
