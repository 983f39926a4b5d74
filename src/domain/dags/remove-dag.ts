import { deleteDag } from '../../store/dags.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { getDag } from './get-dag.ts';

/**
 * Forgets a DAG that has no executions.
 *
 * @throws {AppError} notFound or dagInUse
 */
export async function removeDag(
  context: Context,
  { organisationId, dagId }: { organisationId: string; dagId: string },
): Promise<void> {
  await getDag(context, { organisationId, dagId });
  if (await deleteDag(context.db, organisationId, dagId)) return;
  throw new AppError('dagInUse', 'There are executions of this DAG.');
}
