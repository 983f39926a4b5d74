import { sql } from 'drizzle-orm';
import type { DagNodeError, DagNodeStatus } from '../dag-types.ts';
import { type Database, query } from '../database.ts';
import { TERMINAL } from '../runs/move.ts';
import { EXECUTION_OVER } from './turn.ts';

/**
 * The arm that locks the run whose sub-agents an execution has; no row for the execution of a DAG. It comes before the execution's
 * own row, as that of a run does everywhere.
 */
export const lockParent = (executionId: string) => sql`parent AS MATERIALIZED (
    SELECT p.status, p.child_execution_id FROM dag_executions e JOIN runs p ON p.id = e.parent_run_id
    WHERE e.id = ${executionId}::text FOR SHARE OF p)`;

/** What becomes of sub-agents: they go on, are to be paused, or to be cancelled. */
type ChildrenWish = 'goOn' | 'pause' | 'stop';

/**
 * Brings the flags of an execution of sub-agents up to date with the run that has them: its row, locked, says what is to become of
 * them. The flag of a pause stays until `resumed` says that all of them were told to go on, so that who dies in between leaves it to
 * the next.
 *
 * @returns null when the execution is over, or is not one of sub-agents
 */
export async function heedParent(
  db: Database,
  executionId: string,
  { resumed = false }: { resumed?: boolean } = {},
): Promise<{ wish: ChildrenWish; isPaused: boolean } | null> {
  const [row] = await query<{ wish: ChildrenWish; isPaused: boolean }>(
    db,
    sql`WITH ${lockParent(executionId)}, wanted AS MATERIALIZED (
      SELECT CASE WHEN NOT EXISTS (SELECT FROM parent WHERE status NOT IN ${TERMINAL}) THEN 'stop'
        WHEN EXISTS (SELECT FROM parent WHERE status = 'paused') THEN 'pause' ELSE 'goOn' END AS wish
    ) UPDATE dag_executions e SET cancel_requested = e.cancel_requested OR wish = 'stop',
        pause_requested = wish = 'pause' OR (e.pause_requested AND NOT ${resumed}::boolean)
      FROM wanted WHERE e.id = ${executionId}::text AND e.parent_run_id IS NOT NULL AND e.status NOT IN ${EXECUTION_OVER}
      RETURNING wish, e.pause_requested AS "isPaused"`,
  );
  return row ?? null;
}

/** There is nothing left to do for an execution whose parent was told of its end, or has ended itself. */
export async function forgetJoined(db: Database, executionId: string): Promise<void> {
  await query(
    db,
    sql`UPDATE dag_executions SET sweep_after = NULL WHERE id = ${executionId}::text AND status IN ${EXECUTION_OVER}`,
  );
}

/** What came of a sub-agent. */
export interface ChildOutcome {
  toolCallId: string;
  status: DagNodeStatus;
  runId: string | null;
  /** Where its commits are; null when it made none. */
  branch: string | null;
  text: string;
  error: DagNodeError | null;
}

/** What came of the sub-agents of an execution that is over. */
export const readChildren = (db: Database, executionId: string): Promise<ChildOutcome[]> =>
  query<ChildOutcome & Record<string, unknown>>(
    db,
    sql`SELECT n.node_id AS "toolCallId", n.status, n.run_id AS "runId", COALESCE(n.output_text, '') AS text, n.error,
        (SELECT w.branch FROM runs r JOIN workspaces w ON w.id = r.workspace_id WHERE r.id = n.run_id AND w.repository IS NOT NULL
          AND EXISTS (SELECT FROM tool_calls c WHERE c.run_id = r.id AND c.name = 'commit' AND c.state = 'completed')) AS branch
      FROM dag_nodes n WHERE n.execution_id = ${executionId}::text ORDER BY n.ordinal`,
  );
