import type { DagDefinition } from '../../dag/definition.ts';
import { type Dag, updateDag } from '../../store/dags.ts';
import type { Context } from '../context.ts';
import { checkDefinition } from './check-definition.ts';
import { getDag } from './get-dag.ts';

/** What can be changed; undefined stays as it is, `agentId: null` takes it away. */
export type DagChanges = Partial<Omit<DagDefinition, 'agentId'>> & { agentId?: string | null | undefined };

/**
 * Changes a DAG as a whole or in part. Executions keep what they began with.
 *
 * @throws {AppError} notFound or validationFailed
 */
export async function changeDag(
  context: Context,
  { organisationId, dagId, changes }: { organisationId: string; dagId: string; changes: DagChanges },
): Promise<Dag> {
  const {
    id: _,
    userId: __,
    createdAt: ___,
    updatedAt: ____,
    ...before
  } = await getDag(context, {
    organisationId,
    dagId,
  });
  const { agentId = before.agentId, ...rest } = changes;
  const { agentId: _____, ...kept } = before;
  const definition: DagDefinition = { ...kept, ...rest, ...(agentId ? { agentId } : {}) };
  await checkDefinition(context, organisationId, definition, 'body');
  await updateDag(context.db, organisationId, dagId, definition);
  return getDag(context, { organisationId, dagId });
}
