import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFakeLive } from './fake-live.ts';
import { createFakeLog } from './fake-log.ts';
import { follow, type Source } from './follow.ts';
import type { FollowItem } from './follow-item.ts';
import type { LiveMessage } from './live.ts';
import { createManualClock } from './manual-clock.ts';

const RUNS = ['run_1', 'run_2', 'run_3'];

/** What happens to an agent, to its messages and to its followers. `which` picks an earlier message. */
type Act =
  | { act: 'commit'; publish: 'sent' | 'lost' | 'hint' | 'late' }
  | { act: 'endRun'; publish: 'sent' | 'lost' }
  | { act: 'repeat' | 'sendLate'; which: number }
  | { act: 'type'; text: string; publish: 'sent' | 'lost' }
  | { act: 'cut' }
  | { act: 'away'; away: boolean }
  | { act: 'reclaim' }
  | { act: 'readFails' }
  | { act: 'join' }
  | { act: 'wait'; ms: number };

const publish = fc.constantFrom('sent' as const, 'lost' as const);
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        act: fc.constant('commit' as const),
        publish: fc.constantFrom('sent' as const, 'lost' as const, 'hint' as const, 'late' as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('endRun' as const), publish }) },
    {
      weight: 2,
      arbitrary: fc.record({ act: fc.constantFrom('repeat' as const, 'sendLate' as const), which: fc.nat() }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        act: fc.constant('type' as const),
        text: fc.string({ minLength: 1, maxLength: 5 }),
        publish,
      }),
    },
    { weight: 1, arbitrary: fc.constant({ act: 'cut' as const }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('away' as const), away: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant({ act: 'reclaim' as const }) },
    { weight: 1, arbitrary: fc.constant({ act: 'readFails' as const }) },
    { weight: 1, arbitrary: fc.constant({ act: 'join' as const }) },
    { weight: 3, arbitrary: fc.record({ act: fc.constant('wait' as const), ms: fc.nat(5_000) }) },
  ),
  { maxLength: 60 },
);

async function live(script: Act[], sourceOf: (log: ReturnType<typeof createFakeLog>) => Source) {
  const clock = createManualClock();
  const feed = createFakeLive();
  const log = createFakeLog('agent_1', 7);
  const control = new AbortController();
  const followers: FollowItem[][] = [];
  const sent: LiveMessage[] = [];
  const held: LiveMessage[] = [];
  let runNo = 0;
  let failures = 0;
  let typed = '';
  const runId = () => RUNS[runNo] ?? 'run_1';
  const send = (message: LiveMessage) => {
    sent.push(message);
    feed.send('agent_1', message);
  };
  const join = () => {
    const items: FollowItem[] = [];
    followers.push(items);
    void (async () => {
      for await (const item of follow({ live: feed, clock }, { signal: control.signal }, sourceOf(log))) {
        items.push(item);
      }
    })();
  };
  const finishStep = (type: 'message.completed' | 'run.completed') => {
    typed = '';
    const run = log.run(runId());
    run.stepNo++;
    return log.append(runId(), type, { stepNo: run.stepNo });
  };

  log.append('run_1', 'run.queued');
  join();
  join();
  for (const step of script) {
    switch (step.act) {
      case 'commit': {
        const message = finishStep('message.completed');
        if (step.publish === 'sent') send(message);
        if (step.publish === 'late') held.push(message);
        if (step.publish === 'hint' && message.kind === 'events') send({ ...message, events: [] });
        break;
      }
      case 'endRun': {
        if (runNo === RUNS.length - 1) break;
        const last = finishStep('run.completed');
        runNo++;
        const first = log.append(runId(), 'run.queued');
        if (step.publish === 'sent') {
          send(last);
          send(first);
        }
        break;
      }
      case 'repeat':
      case 'sendLate': {
        const from = step.act === 'repeat' ? sent : held;
        const message = from[step.which % Math.max(1, from.length)];
        if (message) send(message);
        break;
      }
      case 'type': {
        const { epoch, stepNo } = log.run(runId());
        const delta = { stepNo: stepNo + 1, attempt: epoch, from: typed.length, text: step.text };
        typed += step.text;
        feed.setText(runId(), { ...delta, text: typed });
        if (step.publish === 'sent') send({ kind: 'delta', runId: runId(), delta });
        break;
      }
      case 'cut':
        feed.cut();
        break;
      case 'away':
        feed.setAway(step.away);
        break;
      case 'reclaim':
        log.run(runId()).epoch++;
        typed = '';
        break;
      case 'readFails':
        // Five in a row would break the stream, which is tested elsewhere.
        if (++failures < 5) log.failNext(1);
        break;
      case 'join':
        join();
        break;
      case 'wait':
        await clock.advance(step.ms);
        break;
    }
  }
  await clock.advance(35_000);
  control.abort();
  await clock.settle();
  expect([clock.sleeping(), feed.subscribers()]).toEqual([0, 0]);
  return { log, followers };
}

const idsOf = (items: FollowItem[]) => items.flatMap((item) => (item.kind === 'event' ? [item.id] : []));

/** Puts the deltas together as a client does; throws when they do not fit. */
function checkText(items: FollowItem[]) {
  let attempt = '';
  let length = 0;
  for (const item of items) {
    if (item.kind === 'event') continue;
    if (item.type === 'attempt.reset') {
      attempt = `${item.data.stepNo}.${item.data.attempt}`;
      length = 0;
    }
    if (item.type !== 'message.delta') continue;
    const its = `${item.data.stepNo}.${item.data.attempt}`;
    if (its !== attempt) {
      expect(item.data.from).toBe(0);
      attempt = its;
      length = 0;
    }
    expect(item.data.from).toBe(length);
    length += item.data.text.length;
  }
}

describe('whatever is lost, repeated, late, cut off or away', () => {
  it('every follower of a run yields exactly 1 to n in order, and text that fits', async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (script) => {
        const { log, followers } = await live(script, (events) => events.runSource('run_1'));
        const n = log.run('run_1').events.length;
        for (const items of followers) {
          expect(idsOf(items)).toEqual(Array.from({ length: n }, (_, index) => String(index + 1)));
          checkText(items);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('every follower of an agent yields each event of each run once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (script) => {
        const { log, followers } = await live(script, (events) => events.agentSource());
        const all = RUNS.flatMap((runId) => log.run(runId).events.map(({ seq }) => `${runId}.${seq}`));
        for (const items of followers) expect(idsOf(items)).toEqual(all);
      }),
      { numRuns: 150 },
    );
  });
});
