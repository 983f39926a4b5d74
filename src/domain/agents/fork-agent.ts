import type { OutputSchema } from '../../output-schema/output-schema.ts';
import { type Agent, findAgent } from '../../store/agents.ts';
import {
  type ForkPoint,
  type ForkProblem,
  forkAgent as insertFork,
  whyNoFork,
} from '../../store/runs/fork.ts';
import type { Context } from '../context.ts';
import { AppError, invalidField } from '../errors.ts';
import { madeBefore } from '../made-before.ts';
import { takeMessage } from '../messages/message-limit.ts';
import { newRun } from '../runs/new-run.ts';
import { tellOfStart } from '../runs/tell.ts';
import { archivedAgent, getAgent } from './get-agent.ts';

export interface ForkAgentInput {
  organisationId: string;
  userId: string;
  agentId: string;
  /** One of the agent's runs; without it, the step is of the newest run that has one. */
  runId?: string | undefined;
  /** A committed step; without it, the last one. */
  stepNo?: number | undefined;
  name?: string | undefined;
  /** Starts the first run; without it the fork waits for a message. */
  prompt?: string | undefined;
  /** What the result of that run is held to; where left out, what the agent says. */
  outputSchema?: OutputSchema | undefined;
}

/**
 * Makes another agent that goes on where a step of this one ended: with its conversation and files up to there, its configuration and
 * what it remembered then, on a branch of its own. The original stays as it is and may be at work meanwhile.
 *
 * @returns the new agent
 * @throws {AppError} notFound, agentArchived, validationFailed naming `body.runId`, `body.stepNo` or `body.outputSchema`, or forkTooDeep
 */
export async function forkAgent(context: Context, input: ForkAgentInput): Promise<Agent> {
  const { db, newId } = context;
  const { organisationId, userId, agentId, runId = null, stepNo = null, name = null, prompt } = input;
  const original = await getAgent(context, { organisationId, agentId });
  if (original.status === 'archived') throw archivedAgent();
  const point: ForkPoint = { organisationId, agentId, runId, stepNo };
  const id = newId('agent');
  const { outputSchema } = input;
  if (prompt === undefined && outputSchema) {
    throw invalidField('body.outputSchema', 'Without a prompt there is no run that it could be for.');
  }
  const run = prompt === undefined ? null : { ...newRun(context, id, prompt), outputSchema };
  const fork = { ...point, id, userId, workspaceId: newId('workspace'), branch: `cadence/${id}`, name };
  const isMade = await madeBefore(context, () => findAgent(db, organisationId, id));
  if (!isMade && run) await takeMessage(context, userId);
  if (!isMade && !(await insertFork(db, fork, run))) throw explain(await whyNoFork(db, point), input);
  if (run) await tellOfStart(context, run);
  return getAgent(context, { organisationId, agentId: id });
}

function explain(problem: ForkProblem, { runId, stepNo }: ForkAgentInput): AppError {
  const step = `Step ${stepNo} of the run`;
  switch (problem) {
    case 'unknownRun':
      return invalidField('body.runId', 'The agent has no such run.');
    case 'noStep':
      return invalidField(
        'body.runId',
        `${runId === undefined ? 'The agent' : 'The run'} has not committed a step yet.`,
      );
    case 'unknownStep':
      return invalidField('body.stepNo', `There is no step ${stepNo} yet.`);
    case 'uncommittedStep':
      return invalidField('body.stepNo', `${step} is not committed: its calls are under way.`);
    case 'missingResults':
      return invalidField('body.stepNo', `${step} has calls without a result.`);
    case 'unknownFiles':
      return invalidField(
        'body.stepNo',
        'What the files were at that step is not known: the run is older than the record of it. Fork at the last step.',
      );
    case 'tooDeep':
      return new AppError('forkTooDeep', 'The agent is a fork of too many forks. Create another agent.');
    case 'nothing':
      return new AppError('unavailable', 'The agent keeps changing. Try again shortly.', {
        retryAfterSeconds: 1,
      });
  }
}
