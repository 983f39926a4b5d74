import { writeCron } from '../../cron/parse-cron.ts';
import { nextSlot } from '../../cron/slots.ts';
import { findUnsettled, markSynced, setNextSlot, type Unsettled, unsettledOf } from '../../store/settling.ts';
import type { Context } from '../context.ts';
import { jitterMs, readTimes } from './times.ts';

/**
 * Brings a schedule to what its row says should be: its next slot, then what the queue knows of it. Doing it again changes nothing;
 * what fails here, or is not reached, the sweeper does again.
 */
export async function settleSchedule(context: Context, scheduleId: string): Promise<void> {
  const { db, queue, live } = context;
  const schedule = await findUnsettled(db, scheduleId);
  if (schedule === null || schedule.syncedVersion === schedule.version) return;
  if (schedule.isActive && schedule.nextSlotAt === null && !(await giveSlot(context, schedule))) return;
  await live.wakeSweeper();
  const isKnown = schedule.isActive
    ? await putInQueue(context, schedule)
    : await queue.removeSchedule(scheduleId);
  if (isKnown) await markSynced(db, schedule);
}

async function giveSlot({ db }: Context, schedule: Unsettled): Promise<boolean> {
  const { cron, zone } = readTimes(schedule);
  const slotAt = nextSlot(cron, zone, schedule.now);
  if (slotAt === null) return false;
  const fireAt = slotAt + jitterMs(schedule, slotAt);
  return setNextSlot(db, schedule, {
    slotAt: new Date(slotAt).toISOString(),
    fireAt: new Date(fireAt).toISOString(),
  });
}

/** Has the queue say when the schedule is due. */
export const putInQueue = (
  { queue }: Context,
  { id, cron, timeZone }: Pick<Unsettled, 'id' | 'cron' | 'timeZone'>,
): Promise<boolean> =>
  queue.putSchedule({ scheduleId: id, cron: writeCron(readTimes({ cron, timeZone }).cron), timeZone });

/** Settles all schedules of a goal. */
export async function settleGoal(context: Context, goalId: string): Promise<void> {
  const ids = await unsettledOf(context.db, goalId);
  await Promise.all(ids.map((id) => settleSchedule(context, id)));
}
