import { type ScheduleChanges, updateSchedule, type WhichSchedule } from '../../store/schedules.ts';
import type { Context } from '../context.ts';
import { fillPrompt } from '../goals/fill-prompt.ts';
import { archivedGoal, getGoal } from '../goals/get-goal.ts';
import { getSchedule, type ShownSchedule } from './get-schedule.ts';
import { settleSchedule } from './settle-schedule.ts';
import { readTimes } from './times.ts';

/**
 * Changes a schedule, pauses it or lets it go on. One that goes on begins with its next slot; those that have passed stay passed.
 *
 * @throws {AppError} notFound, goalArchived or validationFailed
 */
export async function changeSchedule(
  context: Context,
  which: WhichSchedule,
  changes: ScheduleChanges,
): Promise<ShownSchedule> {
  const goal = await getGoal(context, which);
  const schedule = await getSchedule(context, which);
  const { cron = schedule.cron, timeZone = schedule.timeZone, parameters = schedule.parameters } = changes;
  readTimes({ cron, timeZone });
  if (changes.parameters !== undefined || changes.status === 'active')
    fillPrompt(goal, parameters, 'body.parameters');
  if (!(await updateSchedule(context.db, which, changes))) throw archivedGoal();
  await settleSchedule(context, which.scheduleId);
  return getSchedule(context, which);
}
