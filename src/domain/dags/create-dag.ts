import type { DagDefinition } from '../../dag/definition.ts';
import { type Dag, findDag, insertDag } from '../../store/dags.ts';
import type { Context } from '../context.ts';
import { madeBefore } from '../made-before.ts';
import { unknownOrganisation } from '../organisations/unknown-organisation.ts';
import { checkDefinition } from './check-definition.ts';
import { getDag } from './get-dag.ts';

/**
 * Keeps a DAG that can be executed.
 *
 * @throws {AppError} validationFailed or notFound
 */
export async function createDag(
  context: Context,
  input: { organisationId: string; userId: string; definition: DagDefinition },
): Promise<Dag> {
  const { organisationId, userId, definition } = input;
  const id = context.newId('dag');
  const before = await madeBefore(context, () => findDag(context.db, organisationId, id));
  if (before) return before;
  await checkDefinition(context, organisationId, definition, 'body');
  if (!(await insertDag(context.db, { id, organisationId, userId, definition }))) {
    throw unknownOrganisation();
  }
  return getDag(context, { organisationId, dagId: id });
}
