import type { Viewer } from '../store/standing.ts';
import { createFakeLive } from './fake-live.ts';
import { createFakeLog } from './fake-log.ts';
import { follow, type Source } from './follow.ts';
import type { FollowItem } from './follow-item.ts';
import type { LiveMessage } from './live.ts';
import { createManualClock } from './manual-clock.ts';

export const RUN = 'run_1';

/** A follower's world: Redis, Postgres and time, each in the test's hand. */
export function setUp() {
  const clock = createManualClock();
  const live = createFakeLive();
  const log = createFakeLog();
  const control = new AbortController();
  /** Starts a follower that reads as fast as it can. */
  function start(source: Source, until?: number, viewer?: Viewer) {
    const items: FollowItem[] = [];
    const follower = { items, ended: false, error: undefined as unknown };
    void (async () => {
      try {
        for await (const item of follow({ live, clock }, { signal: control.signal, until, viewer }, source))
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

export const idsOf = (items: FollowItem[]) =>
  items.flatMap((item) => (item.kind === 'event' ? [item.id] : []));
/** Control items and ids in short: `1`, `delta 1.1@0 text`, `reset 1.2`. */
export const story = (items: FollowItem[]) => items.map(tell);
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
