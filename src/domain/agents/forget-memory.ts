import { deleteMemory } from '../../store/memories.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { getAgent } from './get-agent.ts';

/**
 * Makes an agent forget something. A run under way keeps what it began with.
 *
 * @throws {AppError} notFound, also when nothing is remembered under the key
 */
export async function forgetMemory(
  context: Context,
  { key, ...which }: { organisationId: string; agentId: string; key: string },
): Promise<void> {
  const { id } = await getAgent(context, which);
  if (!(await deleteMemory(context.db, id, key))) {
    throw new AppError('notFound', 'The agent remembers nothing under this key.');
  }
}
