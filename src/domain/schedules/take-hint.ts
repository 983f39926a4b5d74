import { findUnsettled } from '../../store/settling.ts';
import type { Context } from '../context.ts';
import { type Fired, fireSchedule } from './fire-schedule.ts';
import { putInQueue } from './settle-schedule.ts';

/** How soon the queue is to say again that a slot is due whose agent is still at a run that is being cancelled. */
const BUSY_SECONDS = 5;
/** The queue's clock may be ahead of ours by so much. */
const SKEW_MS = 60_000;

/** What became of a hint. `later` wants the same one again. */
export type Hinted = Fired | { kind: 'later'; retryAfterSeconds: number };

/**
 * The queue says that a schedule is due. One that it should not know any more it is told to forget; a slot that is fired some time after
 * the queue's word, because of its jitter, it is to say again then.
 */
export async function takeHint(context: Context, scheduleId: string): Promise<Hinted> {
  const fired = await fireSchedule(context, scheduleId);
  switch (fired.kind) {
    case 'busy':
      return { kind: 'later', retryAfterSeconds: BUSY_SECONDS };
    case 'stale':
      await context.queue.removeSchedule(scheduleId);
      return fired;
    case 'early':
      return remind(context, scheduleId, fired);
    case 'started':
    case 'queued':
    case 'skipped':
    case 'paused':
      return fired;
  }
}

/** Not of a slot that is still to come by itself. */
async function remind(
  { queue }: Context,
  scheduleId: string,
  early: { kind: 'early'; slotAt: number; now: number; inMs: number },
): Promise<Hinted> {
  if (early.slotAt - early.now > SKEW_MS) return early;
  const hint = { scheduleId, slotAt: early.slotAt, delayMs: early.inMs };
  const retryAfterSeconds = Math.ceil(early.inMs / 1000) + 1;
  return (await queue.publishSchedule(hint)) ? early : { kind: 'later', retryAfterSeconds };
}

/** Tells the queue once more of a schedule that it should know. */
export async function refreshInQueue(context: Context, scheduleId: string): Promise<void> {
  const schedule = await findUnsettled(context.db, scheduleId);
  if (schedule?.isActive) await putInQueue(context, schedule);
}
