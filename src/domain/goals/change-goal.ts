import { type Goal, type GoalChanges, updateGoal, type WhichGoal } from '../../store/goals.ts';
import type { Context } from '../context.ts';
import { toMicroUsd } from '../money.ts';
import { settleGoal } from '../schedules/settle-schedule.ts';
import { checkGoalAgent } from './check-goal-agent.ts';
import { checkSchedules } from './check-schedules.ts';
import { checkTemplate } from './fill-prompt.ts';
import { archivedGoal, getGoal } from './get-goal.ts';

/**
 * Changes what a goal's next runs begin with, or pauses what it starts by itself. Runs under way keep what they have.
 *
 * @throws {AppError} notFound, goalArchived, scheduleUnfit or validationFailed
 */
export async function changeGoal(
  context: Context,
  {
    organisationId,
    goalId,
    maxCostUsd,
    ...changes
  }: Omit<GoalChanges, 'maxCostMicroUsd'> & WhichGoal & { maxCostUsd?: number | null | undefined },
): Promise<Goal> {
  const which = { organisationId, goalId };
  const goal = await getGoal(context, which);
  const { agentId, prompt = goal.prompt, parameters = goal.parameters } = changes;
  checkTemplate({ prompt, parameters });
  if (changes.prompt !== undefined || changes.parameters !== undefined) {
    await checkSchedules(context, which, { prompt, parameters });
  }
  if (agentId !== undefined) await checkGoalAgent(context, { organisationId, agentId });
  const updated = await updateGoal(context.db, which, {
    ...changes,
    maxCostMicroUsd: toMicroUsd(maxCostUsd),
  });
  if (!updated) throw archivedGoal();
  if (changes.status !== undefined) await settleGoal(context, goalId);
  return getGoal(context, which);
}
