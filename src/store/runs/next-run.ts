import { type SQL, sql } from 'drizzle-orm';
import { toJson } from '../json.ts';
import { memoriesOf } from './memories.ts';
import { DISPATCH_GRACE_MS, ms, type NewEvent, NOW } from './move.ts';
import { TAKEN_OVER } from './taken-over.ts';

/** What the statement that ends a run needs to start the one that is queued behind it (E13). */
export interface NextRun {
  /** New ones, as many as runs may end by the statement. They are made before it, so that repeating it starts nothing twice (E3). */
  runIds: string[];
  engineVersion: number;
  /** What is told of it; its prompt and its message are filled in. */
  queued: NewEvent;
  /** Told after that when the run that ended was to be paused: who said so did not mean that its agent begins anew. */
  paused: NewEvent;
}

/**
 * The arms by which the end of a run and the start of the next queued one are the same statement (E13). The queue is read
 * from the row that ended, so a message that was added while the statement waited for the row is in it; its row in `messages`
 * may be one that the statement does not see, and is not asked. A cancel means stop: what is queued ends with the run.
 *
 * The agent is locked, after the run: an archiving and the start see one another, and the run gets the configuration that
 * is there when the lock is. Nobody who holds an agent's row waits for a run's, but for a start of the same agent, whose share
 * of the lock does not keep this one from having it too.
 *
 * @param startSha where the workspace stands, when a sibling arm moves it: no arm sees what another writes
 */
export function startNext(
  { runIds, engineVersion, queued, paused }: NextRun,
  startSha: string | null = null,
): SQL[] {
  return [
    sql`followed AS (
      SELECT agent_id, after_run, trace_id, pause_requested, row_number() OVER ()::int AS n FROM moved
      WHERE status IN ('completed', 'failed') AND jsonb_array_length(after_run) > 0)`,
    sql`next_run AS (
      INSERT INTO runs (id, ${TAKEN_OVER.columns}, prompt, prompt_message_id, trace_id, after_run, engine_version, status, event_seq,
        sweep_after, created_at)
      SELECT (${sql.param(runIds)}::text[])[a.n], ${TAKEN_OVER.values}, a.after_run -> 0 ->> 'text', a.after_run -> 0 ->> 'id',
        COALESCE(a.after_run -> 0 ->> 'traceId', a.trace_id), a.after_run - 0, ${engineVersion}::int, CASE WHEN a.pause_requested THEN 'paused' ELSE 'queued' END,
        1 + a.pause_requested::int, CASE WHEN NOT a.pause_requested THEN ${NOW} + ${ms(DISPATCH_GRACE_MS)} END, ${NOW}
      FROM (SELECT agents.*, COALESCE(${startSha}::text, w.base_sha) AS base_sha, ${memoriesOf(sql`agents.id`)} AS memories, f.after_run, f.after_run -> 0 -> 'goal' AS goal, f.trace_id, f.pause_requested, f.n
        FROM followed f JOIN agents ON agents.id = f.agent_id JOIN workspaces w ON w.id = agents.workspace_id
        WHERE agents.archived_at IS NULL FOR SHARE OF agents) AS a
      ON CONFLICT DO NOTHING
      RETURNING id, agent_id, trace_id, status, prompt, prompt_message_id)`,
    sql`next_events AS (
      INSERT INTO run_events (run_id, seq, type, data, speech, created_at)
      SELECT id, 1, ${queued.type}::text,
        ${toJson(queued.data)}::jsonb || jsonb_build_object('prompt', prompt, 'messageId', prompt_message_id),
        ${queued.speech}::text, ${NOW} FROM next_run
      UNION ALL
      SELECT id, 2, ${paused.type}::text, ${toJson(paused.data)}::jsonb, ${paused.speech}::text, ${NOW}
      FROM next_run WHERE status = 'paused')`,
  ];
}
