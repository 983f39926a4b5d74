import { type SQL, sql } from 'drizzle-orm';
import type { DagDefinition } from '../dag/definition.ts';
import {
  after,
  boundedPage,
  FOUND,
  type Listed,
  positionOf,
  type RowPosition,
  rfc3339,
  toListed,
} from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { toJson } from './json.ts';
import { FOREIGN_KEY_VIOLATION, sqlState, writeOnce } from './operation.ts';

/** A DAG as its organisation sees it. Times are RFC 3339. */
export type Dag = DagDefinition & { id: string; userId: string; createdAt: string; updatedAt: string };

const DAG = sql`d.definition || jsonb_build_object('id', d.id, 'userId', d.user_id, 'createdAt', ${rfc3339(sql`d.created_at`)},
  'updatedAt', ${rfc3339(sql`d.updated_at`)})`;

const ofOrganisation = (organisationId: string, dagId: string): SQL =>
  sql`id = ${dagId}::text AND organisation_id = ${organisationId}::text`;

/** @returns false when its user is not a member of the organisation any more */
export async function insertDag(
  db: Database,
  dag: { id: string; organisationId: string; userId: string; definition: DagDefinition },
): Promise<boolean> {
  const row = await writeOnce<{ id: string }>(
    db,
    sql`INSERT INTO dags (id, organisation_id, user_id, definition)
      SELECT ${dag.id}::text, organisation_id, user_id, ${toJson(dag.definition)}::jsonb FROM members
      WHERE organisation_id = ${dag.organisationId}::text AND user_id = ${dag.userId}::text FOR KEY SHARE
      RETURNING id`,
    sql`SELECT id FROM dags WHERE id = ${dag.id}::text`,
  );
  return row !== null;
}

/** A DAG of this organisation. Null for an unknown one and for another's. */
export async function findDag(db: Database, organisationId: string, dagId: string): Promise<Dag | null> {
  const [row] = await query<{ dag: Dag }>(
    db,
    sql`SELECT ${DAG} AS dag FROM dags d WHERE ${ofOrganisation(organisationId, dagId)}`,
  );
  return row?.dag ?? null;
}

/** The organisation's DAGs, newest first. */
export async function listDags(
  db: Database,
  {
    organisationId,
    limit,
    after: position,
  }: { organisationId: string; limit: number; after: RowPosition | undefined },
): Promise<Listed<Dag>> {
  const rows = sql`SELECT d.* FROM dags d WHERE d.organisation_id = ${organisationId}::text AND ${after(sql`d`, position)}
    ORDER BY d.created_at DESC, d.id DESC LIMIT ${limit + 1}::int`;
  const bytes = sql`octet_length(definition::text)`;
  return toListed(
    await query<{ item: Dag; position: RowPosition; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`created_at DESC, id DESC`, bytes, limit })}
        SELECT ${DAG} AS item, ${positionOf(sql`d`)} AS position, ${FOUND} AS found FROM kept AS d ORDER BY n`,
    ),
  );
}

/** Executions under way keep what they began with. */
export async function updateDag(
  db: Database,
  organisationId: string,
  dagId: string,
  definition: DagDefinition,
): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    db,
    sql`UPDATE dags SET definition = ${toJson(definition)}::jsonb, updated_at = engine_now()
      WHERE ${ofOrganisation(organisationId, dagId)} RETURNING id`,
  );
  return row !== undefined;
}

/** @returns false when executions of it exist */
export async function deleteDag(db: Database, organisationId: string, dagId: string): Promise<boolean> {
  try {
    await query(db, sql`DELETE FROM dags WHERE ${ofOrganisation(organisationId, dagId)}`);
    return true;
  } catch (error) {
    if (sqlState(error) === FOREIGN_KEY_VIOLATION) return false;
    throw error;
  }
}
