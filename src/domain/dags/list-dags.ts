import type { Listed, RowPosition } from '../../store/bounded-page.ts';
import { type Dag, listDags as readDags } from '../../store/dags.ts';
import type { Context } from '../context.ts';

/** A page of the organisation's DAGs, newest first. */
export function listDags(
  { db }: Context,
  query: { organisationId: string; limit: number; after: RowPosition | undefined },
): Promise<Listed<Dag>> {
  return readDags(db, query);
}
