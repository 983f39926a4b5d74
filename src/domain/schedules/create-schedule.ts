import type { WhichGoal } from '../../store/goals.ts';
import {
  findSchedule,
  insertSchedule,
  MOST_SCHEDULES,
  type ScheduleSettings,
} from '../../store/schedules.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { fillPrompt } from '../goals/fill-prompt.ts';
import { archivedGoal, getGoal } from '../goals/get-goal.ts';
import { madeBefore } from '../made-before.ts';
import { getSchedule, type ShownSchedule } from './get-schedule.ts';
import { settleSchedule } from './settle-schedule.ts';
import { readTimes } from './times.ts';

/**
 * Has runs of a goal start by themselves, from its next slot on.
 *
 * @throws {AppError} notFound, goalArchived, schedulesFull or validationFailed
 */
export async function createSchedule(
  context: Context,
  { organisationId, goalId, ...settings }: WhichGoal & ScheduleSettings,
): Promise<ShownSchedule> {
  const goal = await getGoal(context, { organisationId, goalId });
  const which = { organisationId, goalId, scheduleId: context.newId('schedule') };
  if (!(await madeBefore(context, () => findSchedule(context.db, which)))) {
    if (goal.status === 'archived') throw archivedGoal();
    readTimes(settings);
    fillPrompt(goal, settings.parameters, 'body.parameters');
    if (!(await insertSchedule(context.db, which, settings))) {
      throw new AppError('schedulesFull', `A goal has at most ${MOST_SCHEDULES} schedules.`);
    }
  }
  await settleSchedule(context, which.scheduleId);
  return getSchedule(context, which);
}
