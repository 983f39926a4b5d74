import type { MemoryOwner } from '../../store/memories.ts';
import { getAgent } from '../agents/get-agent.ts';
import type { Context } from '../context.ts';

/** @throws {AppError} notFound, for an agent of another organisation too */
export async function checkOwner(context: Context, { organisationId, agentId }: MemoryOwner): Promise<void> {
  if (agentId !== undefined) await getAgent(context, { organisationId, agentId });
}
