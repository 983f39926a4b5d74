import { type Agent, findAgent } from '../../store/agents.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

export const unknownAgent = () => new AppError('notFound', 'There is no such agent.');

export const archivedAgent = () =>
  new AppError('agentArchived', 'The agent is archived. Create another one.');

/** @throws {AppError} notFound, for another user's agent too */
export async function getAgent(
  { db }: Context,
  { userId, agentId }: { userId: string; agentId: string },
): Promise<Agent> {
  const agent = await findAgent(db, userId, agentId);
  if (agent === null) throw unknownAgent();
  return agent;
}
