import { type MemoryOwner, listMemories as readMemories, type StoredMemory } from '../../store/memories.ts';
import type { Context } from '../context.ts';
import { checkOwner } from './check-owner.ts';

/**
 * What an agent or an organisation remembers, by key; with `q`, what has any of these words in it, best first.
 *
 * @throws {AppError} notFound
 */
export async function listMemories(
  context: Context,
  { q, ...owner }: MemoryOwner & { q: string | undefined },
): Promise<StoredMemory[]> {
  await checkOwner(context, owner);
  return readMemories(context.db, owner, q);
}
