import { findRun, type Run } from '../../store/run-reads.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

export const unknownRun = () => new AppError('notFound', 'There is no such run.');

/** @throws {AppError} notFound, for another organisation's run too */
export async function getRun(
  { db }: Context,
  { organisationId, runId }: { organisationId: string; runId: string },
): Promise<Run> {
  const run = await findRun(db, organisationId, runId);
  if (run === null) throw unknownRun();
  return run;
}
