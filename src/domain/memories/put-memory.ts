import { MEMORY_LIMITS } from '../../memory/memory.ts';
import { type MemoryOwner, type StoredMemory, putMemory as writeMemory } from '../../store/memories.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { checkOwner } from './check-owner.ts';

/**
 * Lets an agent or an organisation remember what a user says. A run under way keeps what it began with.
 *
 * @throws {AppError} notFound or memoryFull
 */
export async function putMemory(
  context: Context,
  { key, value, userId, ...owner }: MemoryOwner & { key: string; value: string; userId: string },
): Promise<StoredMemory> {
  await checkOwner(context, owner);
  const memory = await writeMemory(context.db, owner, { key, value, userId });
  if (memory !== null) return memory;
  const { keys, characters } = MEMORY_LIMITS[owner.agentId === undefined ? 'organisation' : 'agent'];
  throw new AppError(
    'memoryFull',
    `No more than ${keys} memories with ${characters} characters, keys and values together, are kept. Shorten or delete one.`,
  );
}
