import { findAgent } from '../../store/agents.ts';
import type { Context } from '../context.ts';
import { invalidField } from '../errors.ts';

/** @throws {AppError} validationFailed when the organisation has no such agent, or it is archived */
export async function checkGoalAgent(
  { db }: Context,
  { organisationId, agentId }: { organisationId: string; agentId: string },
): Promise<void> {
  const agent = await findAgent(db, organisationId, agentId);
  if (agent === null) throw invalidField('body.agentId', 'There is no such agent.');
  if (agent.status === 'archived') throw invalidField('body.agentId', 'The agent is archived.');
}
