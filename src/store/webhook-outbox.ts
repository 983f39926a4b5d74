import { sql } from 'drizzle-orm';
import type { StoredEvent } from '../events/types.ts';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { toJson } from './json.ts';
import { CLOCK, ms, NOW } from './runs/move.ts';
import { DELIVERY_GRACE } from './webhook-deliveries.ts';
import type { DeliveryState, DeliveryTry, OldSecret } from './webhook-types.ts';

/** What the queue is told of a delivery. All truth is in its row. */
export interface PendingDelivery extends Record<string, unknown> {
  deliveryId: string;
  endpointId: string;
  tryNo: number;
  sweepNo: number;
  delayMs: number;
}

/** The log of a delivery holds so many tries. */
const TRIES_KEPT = 20;

/**
 * Makes a delivery of each event of a run for each endpoint that wants it. The cursor goes no further than the events that this
 * statement sees: what another one commits meanwhile is left to whoever comes next. Two that look through the same events
 * make the same deliveries, by the same ids.
 */
export function collectDeliveries(db: Database, runId: string): Promise<PendingDelivery[]> {
  return query<PendingDelivery>(
    db,
    sql`WITH ${CLOCK}, seen AS MATERIALIZED (
      SELECT id AS run_id, organisation_id, hooked_seq, event_seq FROM runs
      WHERE id = ${runId}::text AND hooked_seq < event_seq
    ), raised AS (
      UPDATE runs SET hooked_seq = seen.event_seq FROM seen
      WHERE runs.id = seen.run_id AND runs.hooked_seq < seen.event_seq RETURNING runs.id
    ), made AS (
      INSERT INTO webhook_deliveries (id, endpoint_id, run_id, seq, type, next_try_at, sweep_after)
      SELECT 'delivery_0' || left(encode(sha256(convert_to(w.id || '/' || e.run_id || '/' || e.seq, 'UTF8')), 'hex'), 25),
        w.id, e.run_id, e.seq, e.type, ${NOW}, ${NOW} + ${DELIVERY_GRACE}
      FROM seen JOIN raised ON raised.id = seen.run_id
        JOIN run_events e ON e.run_id = seen.run_id AND e.seq > seen.hooked_seq AND e.seq <= seen.event_seq
        JOIN webhook_endpoints w ON w.organisation_id = seen.organisation_id AND w.disabled_at IS NULL
          AND w.enabled_at <= e.created_at AND (w.events && ARRAY['*', e.type])
      ORDER BY e.seq, w.id
      ON CONFLICT DO NOTHING
      RETURNING *
    ) SELECT id AS "deliveryId", endpoint_id AS "endpointId", try_no AS "tryNo", sweep_no AS "sweepNo", 0 AS "delayMs"
    FROM made ORDER BY seq`,
  );
}

/** Runs that have told their events to nobody yet although somebody wants to know. */
export async function unhookedRuns(db: Database, limit: number): Promise<string[]> {
  const rows = await query<{ id: string }>(
    db,
    sql`SELECT DISTINCT r.id FROM webhook_endpoints w JOIN runs r ON r.organisation_id = w.organisation_id
      WHERE w.disabled_at IS NULL AND r.hooked_seq < r.event_seq
        AND (r.finished_at IS NULL OR r.finished_at >= w.enabled_at) LIMIT ${limit}::int`,
  );
  return rows.map(({ id }) => id);
}

/** Deliveries that nobody took up, or whose worker was lost. Every copy of their hint stays valid (E4). */
export function sweepDeliveries(db: Database, limit: number): Promise<PendingDelivery[]> {
  return query<PendingDelivery>(
    db,
    sql`WITH ${CLOCK}, due AS (
      SELECT id FROM webhook_deliveries WHERE state = 'pending' AND sweep_after <= ${NOW}
      ORDER BY sweep_after LIMIT ${limit}::int FOR UPDATE SKIP LOCKED
    )
    UPDATE webhook_deliveries d SET sweep_no = sweep_no + 1, sending = false,
      sweep_after = GREATEST(${NOW}, next_try_at) + 2 * ${DELIVERY_GRACE}
    FROM due WHERE d.id = due.id
    RETURNING d.id AS "deliveryId", endpoint_id AS "endpointId", try_no AS "tryNo", sweep_no AS "sweepNo",
      GREATEST(0, EXTRACT(EPOCH FROM next_try_at - ${NOW}) * 1000)::float8 AS "delayMs"`,
  );
}

/** What a worker needs to send a delivery. */
export interface TakenDelivery extends Record<string, unknown> {
  state: DeliveryState;
  endpointId: string;
  organisationId: string;
  url: string;
  /** Sealed. */
  secret: string;
  oldSecrets: OldSecret[];
  type: string;
  createdAt: string;
  /** Null for a test. */
  run: { runId: string; agentId: string; event: StoredEvent } | null;
}

/**
 * Takes a delivery to send it. It is the worker's for as long as a try may last; then another copy of the hint may take it, and
 * the receiver tells the repeat by its id. One whose endpoint was disabled fails.
 *
 * @returns null when the try is over or somebody is at it
 */
export async function takeDelivery(
  db: Database,
  { deliveryId, tryNo }: Pick<PendingDelivery, 'deliveryId' | 'tryNo'>,
): Promise<TakenDelivery | null> {
  const [row] = await query<TakenDelivery>(
    db,
    sql`WITH ${CLOCK}, taken AS (
      UPDATE webhook_deliveries d SET sending = w.disabled_at IS NULL,
        state = CASE WHEN w.disabled_at IS NULL THEN state ELSE 'failed' END,
        next_try_at = CASE WHEN w.disabled_at IS NULL THEN next_try_at END,
        sweep_after = CASE WHEN w.disabled_at IS NULL THEN ${NOW} + ${DELIVERY_GRACE} END
      FROM webhook_endpoints w
      WHERE d.id = ${deliveryId}::text AND d.try_no = ${tryNo}::int AND d.state = 'pending'
        AND (NOT d.sending OR d.sweep_after <= ${NOW}) AND w.id = d.endpoint_id
      RETURNING d.*, w.organisation_id, w.url, w.secret, w.old_secrets
    )
    SELECT taken.state, endpoint_id AS "endpointId", taken.organisation_id AS "organisationId", url, secret, taken.type,
      COALESCE((SELECT json_agg(old.value) FROM jsonb_array_elements(old_secrets) AS old (value)
        WHERE (old.value ->> 'until')::timestamptz > ${NOW}), '[]') AS "oldSecrets",
      ${rfc3339(sql`COALESCE(e.created_at, taken.created_at)`)} AS "createdAt",
      CASE WHEN e.run_id IS NOT NULL THEN json_build_object('runId', e.run_id, 'agentId', r.agent_id, 'event',
        json_build_object('seq', e.seq, 'type', e.type, 'data', e.data, 'speech', e.speech, 'at', ${rfc3339(sql`e.created_at`)})) END AS run
    FROM taken LEFT JOIN run_events e ON e.run_id = taken.run_id AND e.seq = taken.seq
      LEFT JOIN runs r ON r.id = taken.run_id`,
  );
  return row ?? null;
}

/** What became of a delivery when a try of it was written down. */
export interface Tried extends Record<string, unknown> {
  state: DeliveryState;
  pending: PendingDelivery;
  /** Why its endpoint was disabled by this try; null when it was not. */
  disabled: 'gone' | 'failing' | null;
}

/**
 * Writes a try down and decides by the delivery's own row what comes next: another try, or the end. An endpoint that is gone is
 * disabled, as is one that has only failed for too long.
 *
 * @param input.delaysMs how long to wait after each failure in a row; after the last one the delivery has failed
 * @returns null when another worker has written this try down
 */
export async function recordTry(
  db: Database,
  input: {
    deliveryId: string;
    tryNo: number;
    outcome: 'delivered' | 'failed' | 'gone';
    tried: DeliveryTry;
    delaysMs: readonly number[];
    disableAfterMs: number;
  },
): Promise<Tried | null> {
  const { outcome, tried } = input;
  const delay = sql`(${sql.param([...input.delaysMs])}::float8[])[failures + 1]`;
  const state = {
    delivered: sql`'delivered'`,
    failed: sql`CASE WHEN ${delay} IS NULL THEN 'failed' ELSE 'pending' END`,
    gone: sql`'failed'`,
  }[outcome];
  const nextTry =
    outcome === 'failed' ? sql`${NOW} + make_interval(secs => ${delay} / 1000)` : sql`NULL::timestamptz`;
  const hasFailed = outcome !== 'delivered';
  const isOver = sql`w.disabled_at IS NULL AND (${outcome === 'gone'}::boolean
    OR w.failing_since <= ${NOW} - ${ms(input.disableAfterMs)})`;
  const [row] = await query<Tried>(
    db,
    sql`WITH ${CLOCK}, tried AS (
      UPDATE webhook_deliveries SET state = ${state}, next_try_at = ${nextTry}, sweep_after = ${nextTry} + ${DELIVERY_GRACE},
        sending = false, try_no = try_no + 1, attempts = attempts + 1, failures = failures + ${hasFailed ? 1 : 0}::int,
        tries = CASE WHEN jsonb_array_length(tries) >= ${TRIES_KEPT}::int THEN tries - 0 ELSE tries END || ${toJson([tried])}::jsonb
      WHERE id = ${input.deliveryId}::text AND try_no = ${input.tryNo}::int AND state = 'pending'
      RETURNING *
    ), endpoint AS (
      UPDATE webhook_endpoints w SET ${
        hasFailed
          ? sql`failing_since = COALESCE(w.failing_since, ${NOW}),
            disabled_reason = CASE WHEN ${isOver} THEN ${outcome === 'gone' ? 'gone' : 'failing'}::text ELSE w.disabled_reason END,
            disabled_at = CASE WHEN ${isOver} THEN ${NOW} ELSE w.disabled_at END`
          : sql`failing_since = NULL`
      }
      FROM tried WHERE w.id = tried.endpoint_id AND (${hasFailed}::boolean OR w.failing_since IS NOT NULL)
      RETURNING w.disabled_at, w.disabled_reason
    )
    SELECT state, (SELECT disabled_reason FROM endpoint WHERE disabled_at = ${NOW}) AS disabled,
      json_build_object('deliveryId', id, 'endpointId', endpoint_id, 'tryNo', try_no, 'sweepNo', sweep_no,
        'delayMs', GREATEST(0, EXTRACT(EPOCH FROM next_try_at - ${NOW}) * 1000)::float8) AS pending
    FROM tried`,
  );
  return row ?? null;
}
