import { type Agent, findAgent } from '../../store/agents.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

export const unknownAgent = () => new AppError('notFound', 'There is no such agent.');

export const archivedAgent = () =>
  new AppError('agentArchived', 'The agent is archived. Create another one.');

/** @throws {AppError} notFound, for another organisation's agent too */
export async function getAgent(
  { db }: Context,
  { organisationId, agentId }: { organisationId: string; agentId: string },
): Promise<Agent> {
  const agent = await findAgent(db, organisationId, agentId);
  if (agent === null) throw unknownAgent();
  return agent;
}
