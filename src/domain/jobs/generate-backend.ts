import type { PushTo } from '../../store/states.ts';
import { startAgent } from '../agents/create-agent.ts';
import type { Context } from '../context.ts';
import { GENERATOR_TOOLS, instructionsFor, MAX_STEPS, type Stack } from './generator.ts';
import { jobIdOf } from './job-id.ts';

export interface GenerateBackendInput {
  organisationId: string;
  userId: string;
  prompt: string;
  stack: Stack;
  /** Where it is pushed when it has passed its check. */
  pushTo: PushTo | null;
}

/**
 * Starts a job that generates a backend: the first run of an agent made for it, over an empty workspace.
 *
 * @returns the job's id
 * @throws {AppError} messageLimitReached, notFound for an organisation that is gone, and where it is to be pushed repositoryExists, githubNotLinked,
 *   githubAccessLost, githubForbidden or githubUnavailable; nothing is created then
 */
export async function generateBackend(
  context: Context,
  { organisationId, userId, prompt, stack, pushTo }: GenerateBackendInput,
): Promise<string> {
  const { runId } = await startAgent(context, {
    organisationId,
    userId,
    kind: 'generator',
    prompt,
    instructions: instructionsFor(stack),
    tools: GENERATOR_TOOLS,
    maxSteps: MAX_STEPS,
    pushTo,
  });
  if (runId === null) throw new Error('a prompt starts a run');
  return jobIdOf(runId);
}
