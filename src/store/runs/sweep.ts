import { type SQL, sql } from 'drizzle-orm';
import { type Database, query } from '../database.ts';
import { toJson } from '../json.ts';
import type { HeldRun, RunError, RunStatus } from '../states.ts';
import { ACTIVE_MS } from './budget.ts';
import { MAX_CLAIMS_WITHOUT_COMMIT } from './claim.ts';
import { closeOpenWork } from './end-attempt.ts';
import { CLOCK, DISPATCH_GRACE_MS, ms, type NewEvent, NOW, type StartedRun, TERMINAL } from './move.ts';
import { type NextRun, startNext } from './next-run.ts';

const MAX_BACKOFF_MS = 600_000;

/** The queue is given so long to say that a schedule is due, and is told again so often of one that it could not be told of. */
export const SCHEDULE_GRACE_MS = 60_000;

/** A run that was due. Those `queued` or `waiting` want a new dispatch; the others were ended or paused for good. */
export type Swept = {
  runId: string;
  agentId: string;
  traceId: string | null;
  status: RunStatus;
  dispatchNo: number;
  sweepNo: number;
  eventSeq: number;
  /** The run that the end of this one started. */
  started: StartedRun | null;
  /** Runs of its organisation that may begin in its place. */
  admitted: HeldRun[];
};

/** What is told of a run that was swept, by what became of it. */
export type SweepOutcomes = Record<'paused' | 'cancelled' | 'failed' | 'approvalExpired', NewEvent[]>;

/**
 * Looks after what nobody took up (E4, E5). A queued run or one whose timer is up keeps its dispatch, of which every copy
 * stays valid, and backs off from 30 s to 10 min. A run whose lease has run out loses its worker: epoch and dispatch rise, and it
 * is queued again, or ends where a cancel, a pause or eight claims without a commit say so; what it had reserved counts as spent.
 * One whose approvals or reviews have expired is paused, and each of them is told.
 *
 * @param input.nextRun with as many ids as runs are to be found at the most; those locked by others are left to them
 */
export function sweepRuns(
  db: Database,
  input: { error: RunError; outcomes: SweepOutcomes; nextRun: NextRun },
): Promise<Swept[]> {
  const lost = sql`status = 'running'`;
  const expires = sql`status = 'waiting' AND waiting_for IN ('approval', 'review')`;
  const next = sql`CASE
    WHEN ${expires} THEN 'paused'
    WHEN NOT (${lost}) THEN status
    WHEN cancel_requested THEN 'cancelled'
    WHEN claims_without_commit >= ${MAX_CLAIMS_WITHOUT_COMMIT}::int THEN 'failed'
    WHEN pause_requested THEN 'paused'
    ELSE 'queued' END`;
  const backoff = sql`LEAST(${ms(MAX_BACKOFF_MS)}, ${ms(DISPATCH_GRACE_MS)} * power(2, CASE WHEN ${lost} THEN 0 ELSE LEAST(sweep_no, 10) END))`;
  // Only a run that was waiting for approvals has open ones: a running one has none.
  const hasExpired = (status: SQL) => sql`((${status}) = 'paused' AND open_waits > 0)`;
  const outcome = (status: SQL) =>
    sql`(${toJson(input.outcomes)}::jsonb
      -> CASE WHEN ${hasExpired(status)} THEN 'approvalExpired' ELSE (${status}) END)`;
  const told = (status: SQL) => sql`COALESCE(jsonb_array_length(${outcome(status)}), 0)`;
  const status = sql`status`;
  return query<Swept>(
    db,
    sql`WITH ${CLOCK}, due AS (
      SELECT id, user_id AS due_user, reserved_on AS due_on, reserved_micro_usd AS due_reserved, holds_slot AS due_slot
      FROM runs WHERE sweep_after <= ${NOW} AND status IN ('queued', 'running', 'waiting')
      ORDER BY sweep_after LIMIT ${input.nextRun.runIds.length}::int FOR UPDATE SKIP LOCKED
    ), settled AS (
      -- Several runs at once: the days are locked in one order, after the runs, so that nobody waits in a circle.
      INSERT INTO daily_costs AS d (user_id, day, spent_micro_usd, reserved_micro_usd)
      SELECT due_user, due_on, sum(due_reserved), 0 FROM due WHERE due_reserved > 0 GROUP BY due_user, due_on
      ORDER BY due_user, due_on
      ON CONFLICT (user_id, day) DO UPDATE SET spent_micro_usd = d.spent_micro_usd + excluded.spent_micro_usd,
        reserved_micro_usd = d.reserved_micro_usd - excluded.spent_micro_usd
    ), moved AS (
      UPDATE runs SET status = ${next},
        active_ms = ${ACTIVE_MS},
        active_since = NULL,
        cost_micro_usd = cost_micro_usd + reserved_micro_usd,
        estimated_cost_micro_usd = estimated_cost_micro_usd + reserved_micro_usd,
        reserved_micro_usd = 0,
        reserved_on = NULL,
        epoch = epoch + (${lost})::int,
        dispatch_no = dispatch_no + (${lost})::int,
        holds_slot = holds_slot AND (${next}) = 'queued',
        sweep_no = CASE WHEN ${lost} THEN 0 ELSE sweep_no + 1 END,
        sweep_after = CASE WHEN (${next}) IN ('queued', 'waiting') THEN ${NOW} + ${backoff} END,
        waiting_for = CASE WHEN (${next}) = 'waiting' THEN waiting_for END,
        lease_expires_at = NULL,
        operation_id = NULL,
        pause_requested = pause_requested AND (${next}) <> 'paused',
        error = CASE WHEN (${next}) = 'failed' THEN ${toJson(input.error)}::jsonb END,
        finished_at = CASE WHEN (${next}) IN ${TERMINAL} THEN ${NOW} END,
        event_seq = event_seq + ${told(next)} + CASE WHEN ${expires} THEN open_waits ELSE 0 END
      FROM due WHERE runs.id = due.id
      RETURNING runs.*
    ), appended AS (
      INSERT INTO run_events (run_id, seq, type, data, speech)
      SELECT id, event_seq - ${told(status)} + event.n, event.value ->> 'type', event.value -> 'data',
        event.value ->> 'speech'
      FROM moved, jsonb_array_elements(${outcome(status)}) WITH ORDINALITY AS event (value, n)
    ), expired AS (
      UPDATE approvals SET state = 'expired' FROM moved
      WHERE ${hasExpired(sql`moved.status`)} AND run_id = moved.id AND approvals.state = 'pending'
      RETURNING approvals.*
    ), expired_events AS (
      INSERT INTO run_events (run_id, seq, type, data)
      SELECT moved.id, event_seq - ${told(sql`moved.status`)} - open_waits
          + row_number() OVER (PARTITION BY moved.id ORDER BY expired.id), 'approval.expired',
        jsonb_build_object('approvalId', expired.id, 'toolCallId', tool_call_id)
      FROM moved JOIN expired ON expired.run_id = moved.id
    ), freed AS MATERIALIZED (
      SELECT organisation_id, count(*)::int AS slots FROM moved JOIN due ON due.id = moved.id
      WHERE due_slot AND NOT holds_slot GROUP BY organisation_id
    ), ordered AS MATERIALIZED (
      -- In one order, and after everything else: so nobody waits in a circle.
      SELECT o.organisation_id AS id FROM freed JOIN organisation_runs o ON o.organisation_id = freed.organisation_id
      ORDER BY o.organisation_id FOR NO KEY UPDATE OF o
    ), slots AS (
      UPDATE organisation_runs o SET running = o.running - freed.slots
      FROM freed JOIN ordered ON ordered.id = freed.organisation_id WHERE o.organisation_id = ordered.id
      RETURNING o.organisation_id AS id, (SELECT json_agg(e ORDER BY n) FROM jsonb_array_elements(o.held) WITH ORDINALITY AS l (e, n)
        WHERE n <= freed.slots) AS admitted
    ), ${sql.join([...closeOpenWork, ...startNext(input.nextRun)], sql`, `)}
    SELECT id AS "runId", agent_id AS "agentId", trace_id AS "traceId", status, dispatch_no AS "dispatchNo", sweep_no AS "sweepNo",
      event_seq AS "eventSeq",
      (SELECT json_build_object('runId', n.id, 'status', n.status, 'traceId', n.trace_id) FROM next_run n WHERE n.agent_id = moved.agent_id) AS started,
      COALESCE((SELECT admitted FROM slots WHERE slots.id = moved.organisation_id), '[]'::json) AS admitted
    FROM moved`,
  );
}

/** What is left to do later. */
export interface NextSweep {
  /** How long until the next run, webhook delivery, schedule or part of a DAG is due, in milliseconds (0 when one is due already), or null when none ever will be. */
  inMs: number | null;
  /** Somebody has endpoints or deliveries to look after. */
  hasHooks: boolean;
  /** An execution of a DAG is not over. */
  hasDags: boolean;
}

export async function nextSweep(db: Database): Promise<NextSweep> {
  const [row] = await query<{ inMs: number | null; hasHooks: boolean; hasDags: boolean }>(
    db,
    sql`WITH next AS (SELECT
        (SELECT min(sweep_after) FROM runs WHERE status IN ('queued', 'running', 'waiting')) AS run,
        (SELECT min(sweep_after) FROM webhook_deliveries WHERE state = 'pending') AS delivery,
        (SELECT min(next_fire_at) FROM schedules) + ${ms(SCHEDULE_GRACE_MS)} AS slot,
        (SELECT engine_now() + ${ms(SCHEDULE_GRACE_MS)} FROM schedules WHERE synced_version < version LIMIT 1) AS unsettled,
        (SELECT min(sweep_after) FROM dag_executions WHERE sweep_after IS NOT NULL) AS dag,
        (SELECT min(deadline_at) FROM dag_nodes WHERE status IN ('running', 'waiting')) AS deadline)
      SELECT (GREATEST(0, EXTRACT(EPOCH FROM LEAST(run, delivery, slot, unsettled, dag, deadline) - engine_now()) * 1000))::float8 AS "inMs",
        delivery IS NOT NULL OR EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL) AS "hasHooks",
        dag IS NOT NULL AS "hasDags"
      FROM next`,
  );
  return row ?? { inMs: null, hasHooks: false, hasDags: false };
}

/**
 * Makes a run due no later than in `inMs`: the queue gave up on its delivery (E7), or did not take its dispatch. One that
 * waits for its user never is.
 */
export async function makeDue(
  db: Database,
  { runId, dispatchNo, inMs }: { runId: string; dispatchNo: number; inMs: number },
): Promise<void> {
  await query(
    db,
    sql`UPDATE runs SET sweep_after = LEAST(sweep_after, engine_now() + ${ms(inMs)})
      WHERE id = ${runId}::text AND dispatch_no = ${dispatchNo}::int
        AND (status = 'queued' OR (status = 'waiting' AND wake_at IS NOT NULL))`,
  );
}
