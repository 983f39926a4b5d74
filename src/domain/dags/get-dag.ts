import { type Dag, findDag } from '../../store/dags.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

/** @throws {AppError} notFound, for another organisation's DAG too */
export async function getDag(
  { db }: Context,
  { organisationId, dagId }: { organisationId: string; dagId: string },
): Promise<Dag> {
  const dag = await findDag(db, organisationId, dagId);
  if (dag === null) throw new AppError('notFound', 'There is no such DAG.');
  return dag;
}
