import { sweep } from '../../engine/sweep.ts';
import { describeError } from '../../log.ts';
import { SCHEDULE_GRACE_MS } from '../../store/runs/sweep.ts';
import { neglected } from '../../store/settling.ts';
import type { Context } from '../context.ts';
import { fireSchedule } from '../schedules/fire-schedule.ts';
import { settleSchedule } from '../schedules/settle-schedule.ts';
import { refreshInQueue } from '../schedules/take-hint.ts';

const BATCH = 50;

/** The tick of the cron trigger, each minute: costs one Redis command while nothing is due. */
export async function lookAfterIfDue(context: Context): Promise<number> {
  const nextAt = await context.live.sweepNextAt();
  return nextAt !== null && nextAt > context.engine.now() ? 0 : lookAfter(context);
}

/**
 * Does what others were to do and did not: fires slots that are overdue, tells the queue of schedules, and sweeps runs, which also notes
 * when the next look is due.
 *
 * @returns how many runs it found
 */
export async function lookAfter(context: Context): Promise<number> {
  try {
    await lookAfterSchedules(context);
  } catch (error) {
    // Runs do not wait for schedules.
    context.log.warn('schedulesNotSwept', { error: describeError(error) });
  }
  return sweep(context.engine);
}

async function lookAfterSchedules(context: Context): Promise<void> {
  const wanted = { graceMs: SCHEDULE_GRACE_MS, limit: BATCH };
  const { unsettled, overdue } = await neglected(context.db, wanted);
  for (const id of unsettled) await settleSchedule(context, id);
  for (const id of overdue) {
    const fired = await fireSchedule(context, id);
    context.log.info('slotSwept', { scheduleId: id, outcome: fired.kind });
    // The queue has said nothing: it may have lost the schedule.
    await refreshInQueue(context, id);
  }
}
