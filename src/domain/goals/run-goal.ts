import type { GoalValues, OfGoal } from '../../store/goal-types.ts';
import type { Goal, WhichGoal } from '../../store/goals.ts';
import { findRun, type Run } from '../../store/run-reads.ts';
import { startRun } from '../../store/runs/start.ts';
import { archivedAgent, getAgent } from '../agents/get-agent.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { madeBefore } from '../made-before.ts';
import { takeMessage } from '../messages/message-limit.ts';
import { toMicroUsd } from '../money.ts';
import { getRun } from '../runs/get-run.ts';
import { newRun } from '../runs/new-run.ts';
import { tellOfStart } from '../runs/tell.ts';
import { fillPrompt } from './fill-prompt.ts';
import { archivedGoal, getGoal } from './get-goal.ts';

/**
 * Starts a run of a goal's agent, also while the goal is paused: that is about what starts by itself.
 *
 * @throws {AppError} notFound, goalArchived, validationFailed, agentArchived, agentBusy or messageLimitReached
 */
export async function runGoal(
  context: Context,
  { userId, parameters, ...which }: WhichGoal & { userId: string; parameters: GoalValues },
): Promise<Run> {
  const { organisationId } = which;
  const goal = await getGoal(context, which);
  if (goal.status === 'archived') throw archivedGoal();
  const prompt = fillPrompt(goal, parameters, 'body.parameters');
  const run = { ...newRun(context, goal.agentId, prompt), goal: ofGoal(goal, null) };
  const { agentId, runId } = run;
  if (!(await madeBefore(context, () => findRun(context.db, organisationId, runId)))) {
    const agent = await getAgent(context, { organisationId, agentId });
    if (agent.status === 'archived') throw archivedAgent();
    if (agent.activeRun) throw busy();
    await takeMessage(context, userId);
    if (!(await startRun(context.db, run))) throw busy();
  }
  await tellOfStart(context, run);
  return getRun(context, { organisationId, runId });
}

const busy = () =>
  new AppError('agentBusy', "The goal's agent is at another run. Wait for its end, or cancel it.");

/** What a run takes from its goal. */
export const ofGoal = (
  {
    id,
    maxSteps,
    maxCostUsd,
    maxDurationSeconds,
    outputSchema,
  }: Pick<Goal, 'id' | 'maxSteps' | 'maxCostUsd' | 'maxDurationSeconds' | 'outputSchema'>,
  slot: OfGoal['slot'],
): OfGoal => ({
  goalId: id,
  slot,
  maxSteps,
  maxCostMicroUsd: toMicroUsd(maxCostUsd) ?? null,
  maxDurationSeconds,
  outputSchema: outputSchema && JSON.stringify(outputSchema),
});
