import { describe, expect, it } from 'vitest';
import { createFakeLog } from './fake-log.ts';
import { idsOf, RUN, setUp, story } from './follow-bench.ts';

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
