import { findMemory, type MemoryOwner, type StoredMemory } from '../../store/memories.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { checkOwner } from './check-owner.ts';

export const unknownMemory = () => new AppError('notFound', 'Nothing is remembered under this key.');

/** @throws {AppError} notFound */
export async function getMemory(
  context: Context,
  { key, ...owner }: MemoryOwner & { key: string },
): Promise<StoredMemory> {
  await checkOwner(context, owner);
  const memory = await findMemory(context.db, owner, key);
  if (memory === null) throw unknownMemory();
  return memory;
}
