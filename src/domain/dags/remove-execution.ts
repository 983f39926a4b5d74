import { deleteExecution } from '../../store/dag-executions.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { getExecution } from './get-execution.ts';

/**
 * Forgets an execution that is over. Its runs can still be read.
 *
 * @throws {AppError} notFound or executionActive
 */
export async function removeExecution(
  context: Context,
  { organisationId, executionId }: { organisationId: string; executionId: string },
): Promise<void> {
  await getExecution(context, { organisationId, executionId });
  if (await deleteExecution(context.db, organisationId, executionId)) return;
  throw new AppError('executionActive', 'The execution is under way.');
}
