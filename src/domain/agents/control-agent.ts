import type { Run } from '../../store/run-reads.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { controlRun, type RunAction } from '../runs/control-run.ts';
import { getAgent } from './get-agent.ts';

/**
 * Pauses, resumes or cancels whatever the agent is at.
 *
 * @returns the run as it is then
 * @throws {AppError} notFound or noActiveRun
 */
export async function controlAgent(
  context: Context,
  { userId, agentId, action }: { userId: string; agentId: string; action: RunAction },
): Promise<Run> {
  const { activeRun } = await getAgent(context, { userId, agentId });
  if (activeRun === null) throw new AppError('noActiveRun', 'The agent is at nothing. Send it a message.');
  return controlRun(context, { userId, runId: activeRun.id, action });
}
