import { describe, expect, it } from 'vitest';
import { createFakeLive } from './fake-live.ts';
import { createFakeLog } from './fake-log.ts';
import { follow, type Source } from './follow.ts';
import type { FollowItem } from './follow-item.ts';
import type { LiveMessage } from './live.ts';
import { createManualClock } from './manual-clock.ts';

const RUN = 'run_1';

function setUp() {
  const clock = createManualClock();
  const live = createFakeLive();
  const log = createFakeLog();
  const control = new AbortController();
  /** Starts a follower that reads as fast as it can. */
  function start(source: Source, until?: number) {
    const items: FollowItem[] = [];
    const follower = { items, ended: false, error: undefined as unknown };
    void (async () => {
      try {
        for await (const item of follow({ live, clock }, { signal: control.signal, until }, source))
          items.push(item);
      } catch (error) {
        follower.error = error;
      }
      follower.ended = true;
    })();
    return follower;
  }
  const send = (message: LiveMessage) => live.send('agent_1', message);
  const delta = (stepNo: number, attempt: number, from: number, text: string, runId = RUN) =>
    send({ kind: 'delta', runId, delta: { stepNo, attempt, from, text } });
  return { clock, live, log, control, start, send, delta };
}

const idsOf = (items: FollowItem[]) => items.flatMap((item) => (item.kind === 'event' ? [item.id] : []));
/** Control items and ids in short: `1`, `delta 1.1@0 text`, `reset 1.2`. */
const story = (items: FollowItem[]) => items.map(tell);
function tell(item: FollowItem): string {
  if (item.kind === 'event') return item.id;
  switch (item.type) {
    case 'message.delta':
      return `delta ${item.data.stepNo}.${item.data.attempt}@${item.data.from} ${item.data.text}`;
    case 'attempt.reset':
      return `reset ${item.data.stepNo}.${item.data.attempt}`;
    case 'gap':
      return `gap ${item.data.after} to ${item.data.resumedAfter}`;
    case 'auth.expired':
      return 'expired';
  }
}

describe('following a run', () => {
  it('reads what is past the cursor, then follows, and ends after the terminal event', async () => {
    const { clock, log, start, send } = setUp();
    log.append(RUN, 'run.queued');
    log.append(RUN, 'run.started');
    const all = start(log.runSource(RUN));
    const late = start(log.runSource(RUN, 1));
    await clock.settle();
    expect([idsOf(all.items), idsOf(late.items)]).toEqual([['1', '2'], ['2']]);
    send(log.append(RUN, 'message.completed', { stepNo: 1 }));
    send(log.append(RUN, 'run.completed'));
    await clock.settle();
    expect(idsOf(all.items)).toEqual(['1', '2', '3', '4']);
    expect([all.ended, late.ended]).toEqual([true, true]);
    expect(clock.sleeping()).toBe(0);
  });

  it('ends at once when the run was over before, and everything was read', async () => {
    const { clock, live, log, start } = setUp();
    log.append(RUN, 'run.queued');
    log.append(RUN, 'run.completed');
    const follower = start(log.runSource(RUN, 2));
    await clock.settle();
    expect([follower.items, follower.ended, live.subscribers()]).toEqual([[], true, 0]);
  });

  it('reads long logs page by page', async () => {
    const { clock, start } = setUp();
    const log = createFakeLog('agent_1', 10);
    for (let n = 0; n < 34; n++) log.append(RUN, 'run.resumed');
    log.append(RUN, 'run.failed');
    const follower = start(log.runSource(RUN, 3));
    await clock.settle();
    expect(idsOf(follower.items)).toEqual(Array.from({ length: 32 }, (_, n) => String(n + 4)));
    expect([follower.ended, log.reads()]).toEqual([true, 4]);
  });

  it('reads a missing number from Postgres, drops repeats and takes late ones for repeats', async () => {
    const { clock, log, start, send } = setUp();
    log.append(RUN, 'run.queued');
    const follower = start(log.runSource(RUN));
    await clock.settle();
    const second = log.append(RUN, 'run.started');
    const third = log.append(RUN, 'run.paused');
    send(third);
    send(second);
    send(third);
    await clock.settle();
    expect(idsOf(follower.items)).toEqual(['1', '2', '3']);
    expect(log.reads()).toBe(2);
  });

  it('reads Postgres when a hint says that there is more than could be published', async () => {
    const { clock, log, start, send } = setUp();
    const follower = start(log.runSource(RUN));
    log.append(RUN, 'run.queued');
    await clock.settle();
    log.append(RUN, 'run.started');
    send({ kind: 'events', runId: RUN, events: [], lastSeq: 2 });
    await clock.settle();
    expect(idsOf(follower.items)).toEqual(['1', '2']);
  });

  it('ignores other runs of the agent', async () => {
    const { clock, log, start, send, delta } = setUp();
    log.append(RUN, 'run.queued');
    const follower = start(log.runSource(RUN));
    await clock.settle();
    send(log.append('run_2', 'run.queued'));
    delta(1, 1, 0, 'not mine', 'run_2');
    await clock.settle();
    expect([story(follower.items), log.reads()]).toEqual([['1'], 1]);
  });

  it('says so when the cursor is past the end, and goes on from the present', async () => {
    const { clock, log, start, send } = setUp();
    log.append(RUN, 'run.queued');
    log.append(RUN, 'run.started');
    const follower = start(log.runSource(RUN, 9));
    await clock.settle();
    send(log.append(RUN, 'run.paused'));
    await clock.settle();
    expect(story(follower.items)).toEqual(['gap 9 to 2', '3']);
  });

  it('takes a read that is behind what came live for what it is', async () => {
    const { clock, log, start, send } = setUp();
    log.append(RUN, 'run.queued');
    const follower = start(log.runSource(RUN));
    await clock.settle();
    send({
      kind: 'events',
      runId: RUN,
      events: [{ seq: 2, type: 'run.started', data: {}, speech: null, at: '' }],
      lastSeq: 2,
    });
    await clock.advance(10_000);
    log.append(RUN, 'run.started');
    send(log.append(RUN, 'run.paused'));
    await clock.settle();
    expect(story(follower.items)).toEqual(['1', '2', '3']);
  });

  it('says so when events behind the cursor are past retention', async () => {
    const { clock, log, start } = setUp();
    for (let n = 0; n < 5; n++) log.append(RUN, 'run.resumed');
    log.run(RUN).forgotten = 3;
    const follower = start(log.runSource(RUN, 1));
    await clock.settle();
    expect(story(follower.items)).toEqual(['gap 1 to 3', '4', '5']);
  });

  it('ends when the run is deleted', async () => {
    const { clock, log, start } = setUp();
    log.append(RUN, 'run.queued');
    const follower = start(log.runSource(RUN));
    await clock.settle();
    log.removeRun(RUN);
    await clock.advance(2_000);
    expect(follower.ended).toBe(true);
  });

  it('ends with auth.expired when the token does', async () => {
    const { clock, live, log, start } = setUp();
    log.append(RUN, 'run.queued');
    const follower = start(log.runSource(RUN), clock.now() + 5_000);
    await clock.advance(4_999);
    expect(follower.ended).toBe(false);
    await clock.advance(1);
    expect([story(follower.items), follower.ended, live.subscribers()]).toEqual([['1', 'expired'], true, 0]);
    expect(clock.sleeping()).toBe(0);
  });

  it('ends without a word when its reader leaves', async () => {
    const { clock, live, log, start, control } = setUp();
    log.append(RUN, 'run.queued');
    const follower = start(log.runSource(RUN));
    await clock.settle();
    control.abort();
    await clock.settle();
    expect([story(follower.items), follower.ended, live.subscribers()]).toEqual([['1'], true, 0]);
    expect(clock.sleeping()).toBe(0);
  });

  it('sits through a database that is away for a moment', async () => {
    const { clock, log, start } = setUp();
    log.append(RUN, 'run.queued');
    log.failNext(4);
    const patient = start(log.runSource(RUN));
    await clock.advance(8_000);
    expect([idsOf(patient.items), patient.ended]).toEqual([['1'], false]);
  });

  it('breaks when the database stays away, so that the client comes back', async () => {
    const { clock, log, start } = setUp();
    log.failNext(5);
    const broken = start(log.runSource(RUN));
    await clock.advance(10_000);
    expect([broken.ended, broken.error]).toEqual([true, new Error('no database')]);
  });
});

describe('looking at Postgres', () => {
  it('happens only after 2, 4, 8, 16 and then every 30 seconds of silence while the subscription works', async () => {
    const { clock, log, start, send } = setUp();
    log.append(RUN, 'run.queued');
    start(log.runSource(RUN));
    const startMs = clock.now();
    const at: number[] = [];
    for (let reads = log.reads(); clock.now() - startMs < 100_000; await clock.advance(500)) {
      if (log.reads() > reads) at.push((clock.now() - startMs) / 1_000);
      reads = log.reads();
    }
    expect(at).toEqual([0.5, 2, 6, 14, 30, 60, 90]);
    send(log.append(RUN, 'run.started'));
    await clock.settle();
    const before = log.reads();
    await clock.advance(2_000);
    expect(log.reads()).toBe(before + 1);
  });

  it('does not happen while text streams', async () => {
    const { clock, log, start, delta } = setUp();
    log.append(RUN, 'run.started');
    start(log.runSource(RUN));
    await clock.settle();
    for (let n = 0; n < 60; n++) {
      delta(1, 1, n, 'x');
      await clock.advance(500);
    }
    expect(log.reads()).toBe(1);
  });

  it('happens at once when a lost event shows in the text', async () => {
    const { clock, log, start, delta } = setUp();
    log.append(RUN, 'run.started');
    const follower = start(log.runSource(RUN));
    await clock.settle();
    delta(1, 1, 0, 'First.');
    await clock.settle();
    log.append(RUN, 'message.completed', { stepNo: 1 });
    delta(2, 1, 0, 'Second.');
    await clock.settle();
    expect(story(follower.items)).toEqual(['1', 'delta 1.1@0 First.', '2', 'delta 2.1@0 Second.']);
  });

  it('happens every 2 seconds while Redis is away, so that nothing is later than that', async () => {
    const { clock, live, log, start } = setUp();
    live.setAway(true);
    const follower = start(log.runSource(RUN));
    for (let n = 1; n <= 40; n++) {
      log.append(RUN, 'run.resumed');
      await clock.advance(700);
      const isTwoSecondsOld = n - 3;
      expect(idsOf(follower.items).length).toBeGreaterThanOrEqual(isTwoSecondsOld);
    }
    expect(log.reads()).toBeLessThanOrEqual(16);
    await clock.advance(2_000);
    expect(idsOf(follower.items)).toEqual(Array.from({ length: 40 }, (_, n) => String(n + 1)));
  });

  it('happens when the subscription ends and again when the next begins, which is soon', async () => {
    const { clock, live, log, start, send } = setUp();
    log.append(RUN, 'run.queued');
    const follower = start(log.runSource(RUN));
    await clock.advance(65_000);
    live.cut();
    log.append(RUN, 'run.started');
    await clock.settle();
    expect(idsOf(follower.items)).toEqual(['1', '2']);
    log.append(RUN, 'run.paused');
    await clock.advance(1_000);
    expect(idsOf(follower.items)).toEqual(['1', '2', '3']);
    const reads = log.reads();
    send(log.append(RUN, 'run.resumed'));
    await clock.settle();
    expect([idsOf(follower.items), log.reads()]).toEqual([['1', '2', '3', '4'], reads]);
  });

  it('replaces what a slow reader let pile up', async () => {
    const { clock, live, log } = setUp();
    const source = log.runSource(RUN);
    log.append(RUN, 'run.queued');
    const items = follow({ live, clock }, { signal: new AbortController().signal }, source);
    await items.next();
    for (let n = 0; n < 3_000; n++) live.send('agent_1', log.append(RUN, 'run.resumed'));
    await clock.settle();
    const read: FollowItem[] = [];
    while (read.length < 3_000) {
      const { value } = await items.next();
      if (value) read.push(value);
    }
    expect(idsOf(read)).toEqual(Array.from({ length: 3_000 }, (_, n) => String(n + 2)));
    await items.return();
    expect(live.subscribers()).toBe(0);
  });
});

describe('following text', () => {
  it('cuts overlaps, and drops what belongs to finished steps and older attempts', async () => {
    const { clock, log, start, send, delta } = setUp();
    log.append(RUN, 'run.started');
    const follower = start(log.runSource(RUN));
    await clock.settle();
    delta(1, 1, 0, 'I will ');
    delta(1, 1, 0, 'I will look');
    delta(1, 1, 3, 'ill');
    send(log.append(RUN, 'message.completed', { stepNo: 1, text: 'I will look' }));
    delta(1, 1, 11, ' too late');
    delta(2, 2, 0, 'Now');
    delta(2, 1, 0, 'Old');
    await clock.settle();
    expect(story(follower.items)).toEqual([
      '1',
      'delta 1.1@0 I will ',
      'delta 1.1@7 look',
      '2',
      'delta 2.2@0 Now',
    ]);
  });

  it('says when a new attempt takes back the text of a step', async () => {
    const { clock, log, start, send, delta } = setUp();
    log.append(RUN, 'run.started');
    const follower = start(log.runSource(RUN));
    await clock.settle();
    delta(1, 1, 0, 'Half a sen');
    send(log.append(RUN, 'model.retrying', { stepNo: 1 }));
    delta(1, 2, 0, 'A whole sentence.');
    await clock.settle();
    expect(story(follower.items)).toEqual([
      '1',
      'delta 1.1@0 Half a sen',
      '2',
      'reset 1.2',
      'delta 1.2@0 A whole sentence.',
    ]);
  });

  it('gives who joins in mid-sentence the text so far first', async () => {
    const { clock, live, log, start, delta } = setUp();
    log.append(RUN, 'run.started');
    Object.assign(log.run(RUN), { epoch: 3, stepNo: 4 });
    live.setText(RUN, { stepNo: 5, attempt: 3, text: 'I will look' });
    const follower = start(log.runSource(RUN, 1));
    await clock.settle();
    expect(story(follower.items)).toEqual(['delta 5.3@0 I will look']);
    delta(5, 3, 7, 'look first');
    await clock.settle();
    expect(story(follower.items)).toEqual(['delta 5.3@0 I will look', 'delta 5.3@11  first']);
  });

  it('fills a hole from the text so far, and goes on without it when that is lost too', async () => {
    const { clock, live, log, start, delta } = setUp();
    log.append(RUN, 'run.started');
    const follower = start(log.runSource(RUN));
    await clock.settle();
    const asked = live.textReads();
    live.setText(RUN, { stepNo: 1, attempt: 1, text: 'one two ' });
    delta(1, 1, 4, 'two ');
    await clock.settle();
    for (let n = 0; n < 8; n++) {
      delta(1, 1, 20 + n, 'x');
      await clock.advance(100);
    }
    expect(live.textReads() - asked).toBe(1);
    delta(1, 1, 8, 'three');
    await clock.settle();
    expect(story(follower.items)).toEqual(['1', 'delta 1.1@0 one two ', 'delta 1.1@8 three']);
  });
});

describe('following an agent', () => {
  it('goes on from one run into the next', async () => {
    const { clock, log, start, send, delta } = setUp();
    log.append('run_1', 'run.queued');
    const follower = start(log.agentSource());
    await clock.settle();
    delta(1, 1, 0, 'First.', 'run_1');
    send(log.append('run_1', 'run.completed'));
    send(log.append('run_2', 'run.queued'));
    delta(1, 1, 0, 'Second.', 'run_2');
    delta(1, 1, 6, ' Late.', 'run_1');
    await clock.settle();
    expect(story(follower.items)).toEqual([
      'run_1.1',
      'delta 1.1@0 First.',
      'run_1.2',
      'run_2.1',
      'delta 1.1@0 Second.',
    ]);
    expect(log.reads()).toBe(2);
  });

  it('waits for the first run of an agent that has none', async () => {
    const { clock, log, start, send } = setUp();
    const follower = start(log.agentSource());
    await clock.advance(10_000);
    send(log.append('run_1', 'run.queued'));
    await clock.settle();
    expect(idsOf(follower.items)).toEqual(['run_1.1']);
  });

  it('misses no run whose messages were all lost', async () => {
    const { clock, log, start, send } = setUp();
    log.append('run_1', 'run.queued');
    const follower = start(log.agentSource({ runId: 'run_1', seq: 1 }));
    await clock.settle();
    log.append('run_1', 'run.completed');
    log.append('run_2', 'run.queued');
    log.append('run_2', 'run.failed');
    send(log.append('run_3', 'run.queued'));
    await clock.settle();
    expect(idsOf(follower.items)).toEqual(['run_1.2', 'run_2.1', 'run_2.2', 'run_3.1']);
  });

  it('says so when the run of the cursor is gone, and goes on from the present', async () => {
    const { clock, log, start, send } = setUp();
    log.append('run_1', 'run.queued');
    log.append('run_1', 'run.started');
    const follower = start(log.agentSource({ runId: 'run_0', seq: 5 }));
    await clock.settle();
    send(log.append('run_1', 'run.paused'));
    await clock.settle();
    expect(story(follower.items)).toEqual(['gap run_0.5 to run_1.2', 'run_1.3']);
  });

  it('goes on with the next run when the cursor is past the end of its own', async () => {
    const { clock, log, start } = setUp();
    log.append('run_1', 'run.cancelled');
    log.append('run_2', 'run.queued');
    const follower = start(log.agentSource({ runId: 'run_1', seq: 9 }));
    await clock.settle();
    expect(story(follower.items)).toEqual(['gap run_1.9 to run_1.1', 'run_2.1']);
  });

  it('ends when the agent is archived and at rest, and when it is deleted', async () => {
    const { clock, log, start } = setUp();
    log.append('run_1', 'run.queued');
    const follower = start(log.agentSource());
    await clock.settle();
    log.archive();
    await clock.advance(10_000);
    expect(follower.ended).toBe(false);
    log.append('run_1', 'run.cancelled');
    await clock.advance(30_000);
    expect([idsOf(follower.items), follower.ended]).toEqual([['run_1.1', 'run_1.2'], true]);
    log.remove();
    const second = start(log.agentSource());
    await clock.settle();
    expect(second.ended).toBe(true);
  });
});
