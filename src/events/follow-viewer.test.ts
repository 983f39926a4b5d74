import { describe, expect, it } from 'vitest';
import type { Viewer } from '../store/standing.ts';
import { RUN, setUp, story } from './follow-bench.ts';

describe('a viewer who is no longer let in', () => {
  const viewer: Viewer = {
    userId: 'user_1',
    organisationId: 'org_1',
    credential: { kind: 'session', sessionId: 'session_1' },
  };

  it('sees the stream end at once when that is told, and none of what came since', async () => {
    const { clock, log, start, send } = setUp();
    log.append(RUN, 'run.queued');
    const follower = start(log.runSource(RUN), undefined, viewer);
    await clock.settle();
    log.append(RUN, 'run.started');
    log.revoke();
    send({ kind: 'recheck' });
    await clock.settle();
    expect([story(follower.items), follower.ended]).toEqual([['1', 'expired'], true]);
  });

  it('sees it go on when it was somebody else', async () => {
    const { clock, log, start, send } = setUp();
    log.append(RUN, 'run.queued');
    const follower = start(log.agentSource(), undefined, viewer);
    await clock.settle();
    send({ kind: 'recheck' });
    send(log.append(RUN, 'run.started'));
    await clock.settle();
    expect([story(follower.items), follower.ended]).toEqual([['run_1.1', 'run_1.2'], false]);
  });

  it('sees it end within 30 seconds when that was lost, however much comes live', async () => {
    const { clock, log, start, delta } = setUp();
    log.append(RUN, 'run.queued');
    const follower = start(log.runSource(RUN), undefined, viewer);
    await clock.settle();
    log.revoke();
    for (let second = 0; second < 29; second += 1) {
      delta(1, 1, second, 'x');
      await clock.advance(1_000);
    }
    expect(follower.ended).toBe(false);
    await clock.advance(1_000);
    expect([story(follower.items).at(-1), follower.ended]).toEqual(['expired', true]);
  });

  it('sees it end within two seconds without Redis', async () => {
    const { clock, live, log, start } = setUp();
    live.setAway(true);
    log.append(RUN, 'run.queued');
    const follower = start(log.runSource(RUN), undefined, viewer);
    await clock.advance(250);
    log.revoke();
    await clock.advance(2_000);
    expect([story(follower.items), follower.ended]).toEqual([['1', 'expired'], true]);
  });
});
