import type { Listed } from '../../store/bounded-page.ts';
import { listSubSteps as readSubSteps, type SubStep } from '../../store/dag-executions.ts';
import type { Context } from '../context.ts';
import { getExecution } from './get-execution.ts';

/**
 * A page of the nodes of an execution, in the order of the DAG.
 *
 * @throws {AppError} notFound
 */
export async function listSubSteps(
  context: Context,
  input: { organisationId: string; executionId: string; limit: number; after: number | undefined },
): Promise<Listed<SubStep, number>> {
  await getExecution(context, input);
  return readSubSteps(context.db, input);
}
