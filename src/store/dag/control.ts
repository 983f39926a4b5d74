import { sql } from 'drizzle-orm';
import { type Database, query } from '../database.ts';
import { CLOCK, NOW } from '../runs/clock.ts';
import { ms } from '../runs/move.ts';
import {
  type DagSpeech,
  EXECUTION_OVER,
  LOOK_MS,
  lockExecution,
  TURNED,
  type Turned,
  turnExecution,
  turnedColumns,
} from './turn.ts';

/** An execution with the runs of its active nodes: each is cancelled, paused or resumed by itself, on its own row. */
export type Controlled = Turned & { runIds: string[] };

/**
 * Raises or takes back a flag of an execution that is not over. After a cancel or a pause nothing begins any more. The sweeper looks within a minute, also after one
 * that waits or is suspended: whoever raised the flag may not live to heed it.
 *
 * @returns false when it is over
 */
export async function flagExecution(
  db: Database,
  executionId: string,
  flag: 'cancel' | 'pause' | 'resume',
): Promise<boolean> {
  const set = {
    cancel: sql`cancel_requested = true`,
    pause: sql`pause_requested = true`,
    resume: sql`pause_requested = false`,
  }[flag];
  const [row] = await query<{ id: string }>(
    db,
    sql`UPDATE dag_executions SET ${set}, sweep_after = LEAST(sweep_after, engine_now() + ${ms(LOOK_MS)}) WHERE id = ${executionId}::text AND status NOT IN ${EXECUTION_OVER} RETURNING id`,
  );
  return row !== undefined;
}

/**
 * Brings an execution up to date with its flags: where it is to stop, what has not begun is cancelled; one that is paused and
 * has nothing at work is suspended. Doing it again changes nothing.
 *
 * @returns null when it is over
 */
export async function settleExecution(
  db: Database,
  executionId: string,
  speech: DagSpeech,
): Promise<Controlled | null> {
  const stops = sql`(execution.cancel_requested OR execution.stopping)`;
  const [row] = await query<Controlled>(
    db,
    sql`WITH ${CLOCK}, ${lockExecution(sql`${executionId}::text AND e.status NOT IN ${EXECUTION_OVER}`)}, nodes AS (
      -- All of them, in order: what their states are only the locked rows tell.
      SELECT n.node_id, n.status, n.ordinal, n.run_id FROM dag_nodes n, execution WHERE n.execution_id = execution.id
      ORDER BY n.ordinal FOR UPDATE OF n
    ), dropped AS (
      UPDATE dag_nodes n SET status = 'cancelled', finished_at = ${NOW} FROM nodes, execution
      WHERE ${stops} AND n.execution_id = execution.id AND n.node_id = nodes.node_id AND nodes.status IN ('pending', 'queued')
      RETURNING n.node_id, n.ordinal, nodes.status AS was
    ), delta AS (
      SELECT -count(*)::int AS open, -(count(*) FILTER (WHERE was = 'queued'))::int AS ready, 0 AS running, 0 AS waiting, 0 AS paused,
        count(*)::int AS failed, 0 AS slots, false AS stops, count(*)::int AS told FROM dropped
    ), ${sql.join(turnExecution(speech), sql`, `)}, told AS (
      INSERT INTO dag_events (execution_id, seq, node_id, type, data, created_at)
      SELECT turned.id, turned.was_seq + d.n, d.node_id, 'node.cancelled', jsonb_build_object('nodeId', d.node_id), ${NOW}
      FROM turned, (SELECT node_id, row_number() OVER (ORDER BY ordinal)::int AS n FROM dropped) AS d
    ) SELECT ${TURNED},
      (SELECT COALESCE(json_agg(run_id ORDER BY ordinal), '[]') FROM nodes WHERE status IN ('running', 'waiting')) AS "runIds"
    FROM turned`,
  );
  return row ?? null;
}

/**
 * Takes a failed execution up again: what completed stays, and what failed, was cancelled or did not run because of
 * that is done anew, with its retries given back. The only way out of a terminal state (E8).
 *
 * @returns null when it has not failed
 */
export async function reviveExecution(
  db: Database,
  executionId: string,
  speech: DagSpeech,
): Promise<Turned | null> {
  const [row] = await query<Turned>(
    db,
    // What the statement reads is older than the lock; the number of earlier revivals says whether it still holds.
    sql`WITH ${CLOCK}, seen AS MATERIALIZED (SELECT id, resumes FROM dag_executions WHERE id = ${executionId}::text AND status = 'failed'),
    execution AS (
      SELECT e.* FROM dag_executions e, seen WHERE e.id = seen.id AND e.resumes = seen.resumes AND e.status = 'failed' FOR UPDATE OF e
    ), anew AS (
      SELECT n.node_id FROM dag_nodes n, execution WHERE n.execution_id = execution.id
        AND (n.status IN ('failed', 'cancelled') OR (n.status = 'skipped' AND n.blocked > 0))
    ), counted AS (
      SELECT anew.node_id, count(a.node_id)::int AS remaining, (count(*) FILTER (WHERE d.status = 'completed'))::int AS succeeded
      FROM execution, anew LEFT JOIN dag_edges g ON g.execution_id = ${executionId}::text AND g.to_node = anew.node_id
        LEFT JOIN anew a ON a.node_id = g.from_node
        LEFT JOIN dag_nodes d ON d.execution_id = g.execution_id AND d.node_id = g.from_node
      GROUP BY anew.node_id
    ), reset AS (
      UPDATE dag_nodes n SET status = CASE WHEN c.remaining = 0 THEN 'queued' ELSE 'pending' END, remaining = c.remaining,
        blocked = 0, succeeded = c.succeeded, retries_left = COALESCE((n.definition ->> 'retries')::int, 0), error = NULL,
        waiting_for = NULL, timed_out = false, deadline_at = NULL, finished_at = NULL
      FROM counted c, execution WHERE n.execution_id = execution.id AND n.node_id = c.node_id
      RETURNING n.status
    ), revived AS (
      UPDATE dag_executions x SET status = 'running', resumes = x.resumes + 1, stopping = false, pause_requested = false,
        open_nodes = (SELECT count(*) FROM reset)::int, ready_nodes = (SELECT count(*) FROM reset WHERE status = 'queued')::int,
        failed_nodes = 0, finished_at = NULL, event_seq = x.event_seq + 1, sweep_after = ${NOW}
      FROM execution WHERE x.id = execution.id RETURNING x.*
    ), told AS (
      INSERT INTO dag_events (execution_id, seq, type, data, speech, created_at)
      SELECT id, event_seq, 'execution.resumed', '{}', ${speech['execution.resumed'] ?? null}::text, ${NOW} FROM revived
    ) SELECT ${turnedColumns(sql`false`)} FROM revived`,
  );
  return row ?? null;
}
