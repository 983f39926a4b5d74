import { sql } from 'drizzle-orm';
import type { DagDefinition, DagNode } from '../../dag/definition.ts';
import type { DagTemplates } from '../dag-types.ts';
import type { Database } from '../database.ts';
import { toJson } from '../json.ts';
import { writeOnce } from '../operation.ts';

/** An execution about to begin. */
export interface NewExecution {
  id: string;
  organisationId: string;
  dagId: string;
  /** The DAG, when it is new and to be kept with its first execution. */
  keeps?: DagDefinition | undefined;
  userId: string;
  traceId: string | null;
  params: Record<string, unknown>;
  templates: DagTemplates;
  engineVersion: number;
  parallelism: number;
  nodes: {
    nodeId: string;
    definition: DagNode;
    failFast: boolean;
    retries: number;
    waitsFor: readonly string[];
  }[];
  name: string;
  speech: string | null;
}

/**
 * Creates an execution with its nodes, and its DAG where that is new: all of it or nothing.
 *
 * @returns false when the DAG is gone or its user is not a member of the organisation any more
 */
export async function createExecution(db: Database, execution: NewExecution): Promise<boolean> {
  const { id, nodes } = execution;
  const edges = nodes.flatMap(({ nodeId, waitsFor }) => waitsFor.map((from) => ({ from, to: nodeId })));
  const rows = nodes.map(({ nodeId, definition, failFast, retries, waitsFor }, ordinal) => ({
    node_id: nodeId,
    ordinal,
    definition,
    fail_fast: failFast,
    retries,
    remaining: waitsFor.length,
  }));
  const ready = rows.filter(({ remaining }) => remaining === 0).length;
  const row = await writeOnce<{ id: string }>(
    db,
    sql`WITH dag AS (
      ${dagOf(execution)}
    ), execution AS (
      INSERT INTO dag_executions (id, dag_id, organisation_id, user_id, trace_id, name, params, templates, engine_version, status,
        parallelism, free_slots, open_nodes, ready_nodes, event_seq, sweep_after)
      SELECT ${id}::text, dag.id, ${execution.organisationId}::text, ${execution.userId}::text, ${execution.traceId}::text, ${execution.name}::text,
        ${toJson(execution.params)}::jsonb, ${toJson(execution.templates)}::jsonb, ${execution.engineVersion}::int, 'queued',
        ${execution.parallelism}::int, ${execution.parallelism}::int, ${rows.length}::int, ${ready}::int, 1, engine_now() FROM dag
      RETURNING id
    ), nodes AS (
      INSERT INTO dag_nodes (execution_id, node_id, ordinal, definition, fail_fast, status, remaining, retries_left)
      SELECT execution.id, n.node_id, n.ordinal, n.definition, n.fail_fast, CASE WHEN n.remaining = 0 THEN 'queued' ELSE 'pending' END,
        n.remaining, n.retries
      FROM execution, jsonb_to_recordset(${toJson(rows)}::jsonb)
        AS n (node_id text, ordinal int, definition jsonb, fail_fast boolean, retries int, remaining int)
    ), edges AS (
      INSERT INTO dag_edges (execution_id, from_node, to_node)
      SELECT execution.id, e."from", e."to" FROM execution, jsonb_to_recordset(${toJson(edges)}::jsonb) AS e ("from" text, "to" text)
    ), told AS (
      INSERT INTO dag_events (execution_id, seq, type, data, speech)
      SELECT id, 1, 'execution.queued', ${toJson({ nodes: rows.length })}::jsonb, ${execution.speech}::text FROM execution
    ) SELECT id FROM execution`,
    sql`SELECT id FROM dag_executions WHERE id = ${id}::text`,
  );
  return row !== null;
}

/** The lock keeps the DAG from being deleted, and its user in the organisation, until the execution is there. */
const dagOf = ({ dagId, organisationId, userId, keeps }: NewExecution) =>
  keeps
    ? sql`INSERT INTO dags (id, organisation_id, user_id, definition)
        SELECT ${dagId}::text, m.organisation_id, m.user_id, ${toJson(keeps)}::jsonb FROM members m
        WHERE m.organisation_id = ${organisationId}::text AND m.user_id = ${userId}::text FOR KEY SHARE
        RETURNING id`
    : sql`SELECT d.id FROM dags d JOIN members m ON m.organisation_id = d.organisation_id AND m.user_id = ${userId}::text
        WHERE d.id = ${dagId}::text AND d.organisation_id = ${organisationId}::text FOR KEY SHARE`;
