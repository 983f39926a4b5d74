import type { OutputSchema } from '../../output-schema/output-schema.ts';
import type { GoalParameters } from '../../store/goal-types.ts';
import { findGoal, type Goal, insertGoal } from '../../store/goals.ts';
import type { Context } from '../context.ts';
import { madeBefore } from '../made-before.ts';
import { toMicroUsd } from '../money.ts';
import { checkGoalAgent } from './check-goal-agent.ts';
import { checkTemplate } from './fill-prompt.ts';
import { getGoal } from './get-goal.ts';

interface CreateGoalInput {
  organisationId: string;
  userId: string;
  agentId: string;
  name: string;
  /** With `{{name}}` for each parameter. */
  prompt: string;
  parameters: GoalParameters;
  maxSteps?: number | null | undefined;
  maxCostUsd?: number | null | undefined;
  maxDurationSeconds?: number | null | undefined;
  outputSchema?: OutputSchema | null | undefined;
}

/**
 * Saves a prompt that runs of an agent can be started from.
 *
 * @throws {AppError} validationFailed
 */
export async function createGoal(context: Context, input: CreateGoalInput): Promise<Goal> {
  const { organisationId, agentId } = input;
  const goalId = context.newId('goal');
  const which = { organisationId, goalId };
  const before = await madeBefore(context, () => findGoal(context.db, which));
  if (before) return before;
  checkTemplate(input);
  await checkGoalAgent(context, { organisationId, agentId });
  const made = await insertGoal(context.db, {
    ...input,
    id: goalId,
    maxSteps: input.maxSteps ?? null,
    maxCostMicroUsd: toMicroUsd(input.maxCostUsd) ?? null,
    maxDurationSeconds: input.maxDurationSeconds ?? null,
    outputSchema: input.outputSchema ?? null,
  });
  // Somebody has put the agent away since it was looked at.
  if (!made) await checkGoalAgent(context, { organisationId, agentId });
  return getGoal(context, which);
}
