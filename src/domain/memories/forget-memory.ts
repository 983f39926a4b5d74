import { deleteMemory, type MemoryOwner } from '../../store/memories.ts';
import type { Context } from '../context.ts';
import { checkOwner } from './check-owner.ts';
import { unknownMemory } from './get-memory.ts';

/**
 * Makes an agent or an organisation forget something. A run under way keeps what it began with.
 *
 * @throws {AppError} notFound, also when nothing is remembered under the key
 */
export async function forgetMemory(
  context: Context,
  { key, ...owner }: MemoryOwner & { key: string },
): Promise<void> {
  await checkOwner(context, owner);
  if (!(await deleteMemory(context.db, owner, key))) throw unknownMemory();
}
