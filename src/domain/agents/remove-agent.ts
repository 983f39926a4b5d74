import { archiveAgent } from '../../store/agents.ts';
import type { Context } from '../context.ts';
import { controlRun } from '../runs/control-run.ts';
import { getAgent, unknownAgent } from './get-agent.ts';

/**
 * Archives an agent and cancels its active run. Its runs can still be read. Doing it again changes nothing.
 *
 * @throws {AppError} notFound
 */
export async function removeAgent(
  context: Context,
  { organisationId, agentId }: { organisationId: string; agentId: string },
): Promise<void> {
  // First the agent, so that no run can start behind the cancel.
  if (!(await archiveAgent(context.db, organisationId, agentId))) throw unknownAgent();
  const { activeRun } = await getAgent(context, { organisationId, agentId });
  if (activeRun) await controlRun(context, { organisationId, runId: activeRun.id, action: 'cancel' });
}
