import { deleteRun, isForked } from '../../store/runs/delete.ts';
import { isTerminal } from '../../store/states.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { getRun } from './get-run.ts';

/**
 * Forgets a run that has ended. Commits and pull requests it made stay.
 *
 * @throws {AppError} notFound, runForked or runActive
 */
export async function removeRun(
  context: Context,
  { organisationId, runId }: { organisationId: string; runId: string },
): Promise<void> {
  if (await deleteRun(context.db, organisationId, runId)) return;
  const { status } = await getRun(context, { organisationId, runId });
  if (await isForked(context.db, runId)) {
    throw new AppError('runForked', 'A fork goes on from the run. Remove that agent first.');
  }
  if (isTerminal(status)) {
    throw new AppError(
      'runActive',
      'What came of the run has yet to be read by what it works for. Try again later.',
    );
  }
  throw new AppError('runActive', 'The run has not ended. Cancel it first.');
}
