import { sql } from 'drizzle-orm';
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
import { EXECUTION_OVER } from './dag/turn.ts';
import type { DagNodeError, DagNodeStatus, ExecutionStatus } from './dag-types.ts';
import { type Database, query } from './database.ts';
import { usd } from './run-reads.ts';
import type { RunError, RunStatus } from './states.ts';

/** An execution as its organisation sees it. Times are RFC 3339, costs are in US dollars. */
export interface Execution {
  id: string;
  dagId: string;
  name: string;
  status: ExecutionStatus;
  params: Record<string, unknown>;
  parallelism: number;
  cancelRequested: boolean;
  pauseRequested: boolean;
  /** How many nodes are in which state. */
  nodes: Partial<Record<DagNodeStatus, number>>;
  resumes: number;
  costUsd: number;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

/** A node of an execution, with each run that was made for it. */
export interface SubStep {
  nodeId: string;
  kind: 'agent' | 'tool';
  status: DagNodeStatus;
  waitingFor: string | null;
  dependsOn: string[];
  attempt: number;
  runId: string | null;
  runs: {
    runId: string;
    agentId: string;
    status: RunStatus;
    error: RunError | null;
    costUsd: number;
    createdAt: string;
  }[];
  /** What came of it; `value` is what its tool gave as data. */
  output: { text: string; value: unknown } | null;
  error: DagNodeError | null;
  startedAt: string | null;
  finishedAt: string | null;
}

const EXECUTION = sql`json_build_object('id', x.id, 'dagId', x.dag_id, 'name', x.name, 'status', x.status, 'params', x.params,
  'parallelism', x.parallelism, 'cancelRequested', x.cancel_requested, 'pauseRequested', x.pause_requested,
  'nodes', (SELECT COALESCE(json_object_agg(status, n), '{}') FROM (SELECT status, count(*) AS n FROM dag_nodes WHERE execution_id = x.id GROUP BY status) AS s),
  'resumes', x.resumes, 'costUsd', ${usd(sql`(SELECT COALESCE(sum(r.cost_micro_usd), 0) FROM runs r WHERE r.dag_execution_id = x.id)`)},
  'createdAt', ${rfc3339(sql`x.created_at`)}, 'startedAt', ${rfc3339(sql`x.started_at`)}, 'finishedAt', ${rfc3339(sql`x.finished_at`)})`;

/** The sub-agents of a run are an execution, too, but none that anybody sees as such. */
const OF_DAG = sql`x.parent_run_id IS NULL`;

/** An execution of this organisation. Null for an unknown one and for another's. */
export async function findExecution(
  db: Database,
  organisationId: string,
  executionId: string,
): Promise<Execution | null> {
  const [row] = await query<{ execution: Execution }>(
    db,
    sql`SELECT ${EXECUTION} AS execution FROM dag_executions x
      WHERE x.id = ${executionId}::text AND x.organisation_id = ${organisationId}::text AND ${OF_DAG}`,
  );
  return row?.execution ?? null;
}

export interface ExecutionQuery {
  organisationId: string;
  dagId?: string | undefined;
  status?: ExecutionStatus | undefined;
  limit: number;
  after: RowPosition | undefined;
}

/** The organisation's executions, newest first. */
export async function listExecutions(db: Database, input: ExecutionQuery): Promise<Listed<Execution>> {
  const { organisationId, dagId = null, status = null, limit } = input;
  const rows = sql`SELECT x.* FROM dag_executions x WHERE x.organisation_id = ${organisationId}::text AND ${OF_DAG} AND ${after(sql`x`, input.after)}
    AND x.dag_id = COALESCE(${dagId}::text, x.dag_id) AND x.status = COALESCE(${status}::text, x.status)
    ORDER BY x.created_at DESC, x.id DESC LIMIT ${limit + 1}::int`;
  return toListed(
    await query<{ item: Execution; position: RowPosition; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`created_at DESC, id DESC`, bytes: sql`octet_length(params::text)`, limit })}
        SELECT ${EXECUTION} AS item, ${positionOf(sql`x`)} AS position, ${FOUND} AS found FROM kept AS x ORDER BY n`,
    ),
  );
}

/** The nodes of an execution behind a place in its order, with what came of them. */
export async function listSubSteps(
  db: Database,
  { executionId, limit, after: ordinal }: { executionId: string; limit: number; after: number | undefined },
): Promise<Listed<SubStep, number>> {
  const rows = sql`SELECT n.* FROM dag_nodes n WHERE n.execution_id = ${executionId}::text AND n.ordinal > ${ordinal ?? -1}::int
    ORDER BY n.ordinal LIMIT ${limit + 1}::int`;
  const bytes = sql`COALESCE(octet_length(output_text), 0) + COALESCE(octet_length(output_value::text), 0)`;
  return toListed(
    await query<{ item: SubStep; position: number; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`ordinal`, bytes, limit })}
        SELECT json_build_object('nodeId', n.node_id, 'kind', CASE WHEN n.definition ? 'tool' THEN 'tool' ELSE 'agent' END, 'status', n.status,
          'waitingFor', n.waiting_for, 'attempt', n.attempt, 'runId', n.run_id,
          'dependsOn', (SELECT COALESCE(json_agg(g.from_node ORDER BY g.from_node), '[]') FROM dag_edges g
            WHERE g.execution_id = n.execution_id AND g.to_node = n.node_id),
          'runs', (SELECT COALESCE(json_agg(json_build_object('runId', r.id, 'agentId', r.agent_id, 'status', r.status, 'error', r.error,
              'costUsd', ${usd(sql`r.cost_micro_usd`)}, 'createdAt', ${rfc3339(sql`r.created_at`)}) ORDER BY r.created_at, r.id), '[]')
            FROM runs r WHERE r.id IN (SELECT e.run_id FROM dag_events e WHERE e.execution_id = n.execution_id AND e.node_id = n.node_id
              AND e.type = 'node.started')),
          'output', CASE WHEN n.output_text IS NOT NULL THEN json_build_object('text', n.output_text, 'value', n.output_value) END,
          'error', n.error, 'startedAt', ${rfc3339(sql`n.started_at`)}, 'finishedAt', ${rfc3339(sql`n.finished_at`)}) AS item,
          n.ordinal AS position, ${FOUND} AS found FROM kept AS n ORDER BY n.n`,
    ),
  );
}

/**
 * Forgets an execution that is over; its runs stay, as those of an archived agent do.
 *
 * @returns false when it is active, unknown or another organisation's
 */
export async function deleteExecution(
  db: Database,
  organisationId: string,
  executionId: string,
): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    db,
    sql`DELETE FROM dag_executions x WHERE id = ${executionId}::text AND ${OF_DAG} AND organisation_id = ${organisationId}::text
      AND status IN ${EXECUTION_OVER} RETURNING id`,
  );
  return row !== undefined;
}
