import type { Listed } from '../../store/bounded-page.ts';
import { type Goal, type GoalQuery, listGoals as readGoals } from '../../store/goals.ts';
import type { Context } from '../context.ts';

/** A page of the organisation's goals, newest first. Archived ones are there only when `status` asks for them. */
export const listGoals = ({ db }: Context, query: GoalQuery): Promise<Listed<Goal>> => readGoals(db, query);
