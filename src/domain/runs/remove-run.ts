import { deleteRun } from '../../store/run-reads.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { getRun } from './get-run.ts';

/**
 * Forgets a run that has ended. Commits and pull requests it made stay.
 *
 * @throws {AppError} notFound or runActive
 */
export async function removeRun(
  context: Context,
  { userId, runId }: { userId: string; runId: string },
): Promise<void> {
  if (await deleteRun(context.db, userId, runId)) return;
  await getRun(context, { userId, runId });
  throw new AppError('runActive', 'The run has not ended. Cancel it first.');
}
