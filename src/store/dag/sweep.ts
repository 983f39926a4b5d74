import { sql } from 'drizzle-orm';
import { type Database, query } from '../database.ts';
import { ms } from '../runs/move.ts';
import { EXECUTION_OVER } from './turn.ts';

/** An execution that nobody has said anything of for a while, with what may have been lost. */
export interface DueExecution extends Record<string, unknown> {
  executionId: string;
  /** The run whose sub-agents its nodes are. */
  parentRunId: string | null;
  isOver: boolean;
  stops: boolean;
  isPaused: boolean;
  readyNodes: number;
}

const AGAIN_MS = 60_000;

/** Takes the executions that are due; each is left alone for a minute then. */
export const sweepExecutions = (db: Database, most: number): Promise<DueExecution[]> =>
  query<DueExecution>(
    db,
    sql`WITH due AS (
      SELECT id FROM dag_executions WHERE sweep_after <= engine_now() ORDER BY sweep_after LIMIT ${most}::int FOR UPDATE SKIP LOCKED
    ) UPDATE dag_executions e SET sweep_after = engine_now() + ${ms(AGAIN_MS)} FROM due WHERE e.id = due.id
    RETURNING e.id AS "executionId", e.parent_run_id AS "parentRunId", e.status IN ${EXECUTION_OVER} AS "isOver", cancel_requested OR stopping AS stops, pause_requested AS "isPaused", ready_nodes AS "readyNodes"`,
  );

/** Runs of active nodes whose news nobody has taken over, those first whose news are oldest: so none of them waits behind others for ever. */
export async function unfollowedRuns(db: Database, most: number): Promise<string[]> {
  const rows = await query<{ runId: string }>(
    db,
    sql`SELECT r.id AS "runId" FROM dag_nodes n JOIN runs r ON r.id = n.run_id
      WHERE n.status IN ('running', 'waiting') AND r.event_seq > n.run_seq
      ORDER BY (SELECT e.created_at FROM run_events e WHERE e.run_id = r.id AND e.seq = r.event_seq), r.id LIMIT ${most}::int`,
  );
  return rows.map(({ runId }) => runId);
}

/** Notes on nodes whose time is up that it is, and gives their runs, which are to be cancelled. */
export async function overdueRuns(db: Database, most: number): Promise<string[]> {
  const rows = await query<{ runId: string }>(
    db,
    sql`WITH due AS (
      SELECT execution_id, node_id FROM dag_nodes WHERE deadline_at <= engine_now() AND status IN ('running', 'waiting')
      ORDER BY timed_out, deadline_at LIMIT ${most}::int FOR UPDATE SKIP LOCKED
    ) UPDATE dag_nodes n SET timed_out = true FROM due WHERE n.execution_id = due.execution_id AND n.node_id = due.node_id
    RETURNING n.run_id AS "runId"`,
  );
  return rows.map(({ runId }) => runId);
}
