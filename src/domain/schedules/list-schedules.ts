import type { WhichGoal } from '../../store/goals.ts';
import { listSchedules as readSchedules } from '../../store/schedules.ts';
import type { Context } from '../context.ts';
import { getGoal } from '../goals/get-goal.ts';
import { type ShownSchedule, showSchedule } from './get-schedule.ts';

/** All schedules of a goal, newest first. @throws {AppError} notFound */
export async function listSchedules(context: Context, which: WhichGoal): Promise<ShownSchedule[]> {
  await getGoal(context, which);
  return (await readSchedules(context.db, which)).map(showSchedule);
}
