import { startAgent } from '../agents/create-agent.ts';
import type { Context } from '../context.ts';
import { GENERATOR_TOOLS, instructionsFor, MAX_STEPS, type Stack } from './generator.ts';
import { jobIdOf } from './job-id.ts';

export interface GenerateBackendInput {
  organisationId: string;
  userId: string;
  prompt: string;
  stack: Stack;
}

/**
 * Starts a job that generates a backend: the first run of an agent made for it, over an empty workspace.
 *
 * @returns the job's id
 * @throws {AppError} messageLimitReached or notFound, for an organisation that is gone; nothing is created then
 */
export async function generateBackend(
  context: Context,
  { organisationId, userId, prompt, stack }: GenerateBackendInput,
): Promise<string> {
  const { runId } = await startAgent(context, {
    organisationId,
    userId,
    kind: 'generator',
    prompt,
    instructions: instructionsFor(stack),
    tools: GENERATOR_TOOLS,
    maxSteps: MAX_STEPS,
  });
  if (runId === null) throw new Error('a prompt starts a run');
  return jobIdOf(runId);
}
