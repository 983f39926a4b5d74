import type { Run } from '../../store/run-reads.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { controlRun, type RunAction } from '../runs/control-run.ts';
import { getAgent } from './get-agent.ts';
import { LOOKS } from './looks.ts';

/**
 * Pauses, resumes or cancels whatever the agent is at.
 *
 * @returns the run as it is then
 * @throws {AppError} notFound or noActiveRun
 */
export async function controlAgent(
  context: Context,
  { organisationId, agentId, action }: { organisationId: string; agentId: string; action: RunAction },
): Promise<Run> {
  let { activeRun } = await getAgent(context, { organisationId, agentId });
  if (activeRun === null) throw new AppError('noActiveRun', 'The agent is at nothing. Send it a message.');
  for (let look = 1; ; look++) {
    const run = await controlRun(context, { organisationId, runId: activeRun.id, action });
    const endedByItself = run.status === 'completed' || run.status === 'failed';
    if (!endedByItself || look === LOOKS) return run;
    // With its end the next queued run may have begun, and then that is what the agent is at.
    ({ activeRun } = await getAgent(context, { organisationId, agentId }));
    if (activeRun === null) return run;
  }
}
