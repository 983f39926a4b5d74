import { type Execution, findExecution } from '../../store/dag-executions.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

/** @throws {AppError} notFound, for another organisation's execution too */
export async function getExecution(
  { db }: Context,
  { organisationId, executionId }: { organisationId: string; executionId: string },
): Promise<Execution> {
  const execution = await findExecution(db, organisationId, executionId);
  if (execution === null) throw new AppError('notFound', 'There is no such execution.');
  return execution;
}
