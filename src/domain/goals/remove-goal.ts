import { updateGoal, type WhichGoal } from '../../store/goals.ts';
import type { Context } from '../context.ts';
import { settleGoal } from '../schedules/settle-schedule.ts';
import { getGoal } from './get-goal.ts';

/**
 * Puts a goal away for good: nothing starts from it any more. Its runs go on, and stay. Doing it again changes nothing.
 *
 * @throws {AppError} notFound
 */
export async function removeGoal(context: Context, which: WhichGoal): Promise<void> {
  await getGoal(context, which);
  await updateGoal(context.db, which, { status: 'archived' });
  await settleGoal(context, which.goalId);
}
