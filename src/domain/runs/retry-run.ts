import type { OutputSchema } from '../../output-schema/output-schema.ts';
import type { OfGoal } from '../../store/goal-types.ts';
import { findRun, type Run } from '../../store/run-reads.ts';
import { startRun } from '../../store/runs/start.ts';
import { archivedAgent, getAgent } from '../agents/get-agent.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { ofGoal } from '../goals/run-goal.ts';
import { madeBefore } from '../made-before.ts';
import { getRun } from './get-run.ts';
import { newRun } from './new-run.ts';
import { tellOfStart } from './tell.ts';

interface RetryRunInput {
  organisationId: string;
  runId: string;
  /** What the result of the new run is held to; where left out, what the one that stopped was held to. */
  outputSchema?: OutputSchema | undefined;
}

/**
 * Takes up a run that failed or was cancelled, as a new run: the conversation and the files are the workspace's, so it goes
 * on from the last step that was committed.
 *
 * @returns the new run
 * @throws {AppError} notFound, runActive, runCompleted, runSuperseded, agentBusy or agentArchived
 */
export async function retryRun(
  context: Context,
  { organisationId, runId, outputSchema }: RetryRunInput,
): Promise<Run> {
  const stopped = await getRun(context, { organisationId, runId });
  const { agentId } = stopped;
  const run = {
    ...newRun(context, agentId, goOn(stopped)),
    retryOf: runId,
    outputSchema: outputSchema ?? stopped.outputSchema,
    ...goalOf(stopped),
  };
  const isStarted = await madeBefore(context, () => findRun(context.db, organisationId, run.runId));
  if (!isStarted && !(await startRun(context.db, run)))
    throw await whyNot(context, { organisationId, agentId });
  await tellOfStart(context, run);
  return getRun(context, { organisationId, runId: run.runId });
}

/** It stays a run of its goal, with the limits that it had; the slot was used up by the run that stopped. */
function goalOf({ goalId, maxSteps, maxCostUsd, maxDurationSeconds }: Run): { goal?: OfGoal } {
  if (goalId === null) return {};
  const limits = { maxSteps, maxCostUsd, maxDurationSeconds, outputSchema: null };
  return { goal: ofGoal({ id: goalId, ...limits }, null) };
}

/** What the new run is told. @throws {AppError} when there is nothing to go on with */
function goOn({ status, error }: Run): string {
  switch (status) {
    case 'failed':
      return `The last run stopped before it was done (${reason(error)}): go on from where it stopped.`;
    case 'cancelled':
      return 'The last run stopped before it was done (the user cancelled it): go on from where it stopped.';
    case 'completed':
      throw new AppError(
        'runCompleted',
        'The run did what it was asked to. Send its agent a message to go on.',
      );
    case 'queued':
    case 'running':
    case 'waiting':
    case 'paused':
      throw new AppError('runActive', 'The run has not ended. Resume it, or cancel it first.');
  }
}

const reason = (error: Run['error']) => error?.message.replace(/\.$/, '') ?? 'it failed';

async function whyNot(
  context: Context,
  which: { organisationId: string; agentId: string },
): Promise<AppError> {
  const agent = await getAgent(context, which);
  if (agent.status === 'archived') return archivedAgent();
  if (agent.activeRun) return new AppError('agentBusy', 'The agent is at another run. Send it a message.');
  return new AppError('runSuperseded', 'The agent has had another run since. Send it a message to go on.');
}
