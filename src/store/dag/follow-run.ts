import { sql } from 'drizzle-orm';
import { RESULT_NAME } from '../../outputs/outputs.ts';
import { type Database, query } from '../database.ts';
import { CLOCK, NOW } from '../runs/clock.ts';
import { type DagSpeech, nodeColumns, TURNED, type Turned, turnNode } from './turn.ts';

/** What is kept of a node's output, in characters. */
const LONGEST_OUTPUT = 16_000;

/**
 * Brings a node up to date with its run: what the run has told since is told in the execution's log, a run that waits is a
 * node that waits, and one that has ended ends the attempt. The run's row is read and not locked; how far its events were
 * taken over decides, on the node's row, so that of two who look the one who has seen less changes nothing, and the end of a run ends its node once.
 *
 * @returns null when there is nothing new, or the run is not the node's attempt any more
 */
export async function followRunOfNode(
  db: Database,
  input: { runId: string; speech: DagSpeech },
): Promise<Turned | null> {
  const ended = sql`seen.status IN ('failed', 'cancelled')`;
  const stops = sql`(execution.cancel_requested OR execution.stopping)`;
  const byUser = sql`(seen.status = 'cancelled' AND NOT node.timed_out)`;
  const next = sql`(CASE
    WHEN seen.status = 'completed' THEN 'completed'
    WHEN seen.status = 'cancelled' AND ${stops} THEN 'cancelled'
    WHEN ${ended} AND node.retries_left > 0 AND NOT ${stops} AND NOT ${byUser} THEN 'queued'
    WHEN ${byUser} THEN 'cancelled'
    WHEN ${ended} THEN 'failed'
    WHEN seen.status = 'paused' OR (seen.status = 'waiting' AND seen.waiting_for <> 'timer') THEN 'waiting'
    ELSE 'running' END)`;
  const [row] = await query<Turned>(
    db,
    sql`WITH ${CLOCK}, seen AS MATERIALIZED (
      SELECT r.id, r.agent_id, r.dag_execution_id, r.status, r.waiting_for, r.event_seq, r.step_no, r.error
      FROM runs r WHERE r.id = ${input.runId}::text
    ), execution AS (
      SELECT e.* FROM dag_executions e WHERE e.id = (SELECT dag_execution_id FROM seen) FOR UPDATE
    ), node AS (
      SELECT n.* FROM dag_nodes n, execution WHERE n.execution_id = execution.id AND n.run_id = ${input.runId}::text
        AND n.status IN ('running', 'waiting') FOR UPDATE OF n
    ), told_last AS (
      SELECT c.output, c.result FROM tool_calls c, seen WHERE c.run_id = seen.id ORDER BY c.step_no DESC, c.ordinal DESC LIMIT 1
    ), said_last AS (
      SELECT string_agg(b.value ->> 'text', E'\n\n' ORDER BY b.n) AS text FROM steps s JOIN seen ON s.run_id = seen.id AND s.step_no = seen.step_no,
        json_array_elements(s.content) WITH ORDINALITY AS b (value, n) WHERE b.value ->> 'type' = 'text'
    ), handed_in AS (
      -- What jsonb does not take, a NUL or half a surrogate pair, must not keep a node from its end.
      SELECT o.content::jsonb AS value FROM outputs o, seen WHERE o.run_id = seen.id AND o.name = ${RESULT_NAME}::text AND o.bytes <= ${LONGEST_OUTPUT}::int AND o.content !~ '\\\\u(0000|[dD][89a-fA-F])'
    ), verdict AS (
      SELECT node.execution_id, node.node_id, node.status AS was, node.waiting_for AS was_waiting_for, node.run_seq AS was_run_seq,
        ${next} AS next, ${next} IN ('failed', 'cancelled') AS blocks, node.fail_fast, seen.event_seq - node.run_seq AS mirrored,
        ${nodeColumns({
          run_seq: sql`seen.event_seq`,
          waiting_for: sql`CASE WHEN ${next} = 'waiting' THEN CASE WHEN seen.status = 'paused' THEN 'pause' ELSE seen.waiting_for END END`,
          retries_left: sql`node.retries_left - (${next} = 'queued')::int`,
          timed_out: sql`node.timed_out AND ${next} <> 'queued'`,
          output_text: sql`CASE WHEN seen.status = 'completed' THEN left(COALESCE(
            CASE WHEN node.definition ? 'tool' THEN (SELECT output FROM told_last) END, (SELECT text FROM said_last), ''), ${LONGEST_OUTPUT}::int) END`,
          output_value: sql`CASE WHEN seen.status <> 'completed' THEN NULL
            WHEN node.definition ? 'tool' THEN (SELECT result FROM told_last WHERE octet_length(result::text) <= ${LONGEST_OUTPUT}::int)
            WHEN node.definition ? 'outputSchema' THEN (SELECT value FROM handed_in) END`,
          error: sql`CASE WHEN NOT ${ended} THEN NULL
            WHEN node.timed_out THEN jsonb_build_object('code', 'timeout', 'message', 'It took longer than it may.')
            WHEN seen.status = 'cancelled' THEN jsonb_build_object('code', 'cancelled', 'message', 'Its run was cancelled.')
            ELSE seen.error END`,
        })}
      FROM node, execution, seen WHERE seen.event_seq > node.run_seq
    ), put_away AS (
      UPDATE agents SET archived_at = COALESCE(archived_at, ${NOW}) FROM seen, verdict
      WHERE agents.id = seen.agent_id AND verdict.next NOT IN ('running', 'waiting')
    ), ${sql.join(turnNode(input.speech), sql`, `)}
    SELECT ${TURNED} FROM turned`,
  );
  return row ?? null;
}
