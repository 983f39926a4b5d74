import { findToldMemories, type ToldMemory } from '../../store/told-memories.ts';
import type { Context } from '../context.ts';
import { unknownRun } from './get-run.ts';

/**
 * The memories that stand in the prompt of every step of a run, as they were when it began.
 *
 * @throws {AppError} notFound
 */
export async function listRunMemories(
  { db }: Context,
  { organisationId, runId }: { organisationId: string; runId: string },
): Promise<ToldMemory[]> {
  const told = await findToldMemories(db, organisationId, runId);
  if (told === null) throw unknownRun();
  return told;
}
