import { findGoal, type Goal, type WhichGoal } from '../../store/goals.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

export const archivedGoal = () => new AppError('goalArchived', 'The goal is archived. Create another one.');

/** @throws {AppError} notFound, for another organisation's goal too */
export async function getGoal({ db }: Context, which: WhichGoal): Promise<Goal> {
  const goal = await findGoal(db, which);
  if (goal === null) throw new AppError('notFound', 'There is no such goal.');
  return goal;
}
