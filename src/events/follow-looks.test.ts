import { describe, expect, it } from 'vitest';
import { follow } from './follow.ts';
import { idsOf, RUN, setUp, story } from './follow-bench.ts';
import type { FollowItem } from './follow-item.ts';

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
