import { listMemories as readMemories, type StoredMemory } from '../../store/memories.ts';
import type { Context } from '../context.ts';
import { getAgent } from './get-agent.ts';

/**
 * What an agent remembers from run to run, by key.
 *
 * @throws {AppError} notFound
 */
export async function listMemories(
  context: Context,
  which: { organisationId: string; agentId: string },
): Promise<StoredMemory[]> {
  const { id } = await getAgent(context, which);
  return readMemories(context.db, id);
}
