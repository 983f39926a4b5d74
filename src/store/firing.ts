import { sql } from 'drizzle-orm';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';
import type { PausedReason, SlotOutcome } from './goal-types.ts';
import type { Goal } from './goals.ts';
import { toJson } from './json.ts';
import { writeOnce } from './operation.ts';
import { isActive, usd } from './run-reads.ts';
import { LONGEST_QUEUE } from './runs/after-run.ts';
import type { Along } from './runs/along.ts';
import { TERMINAL } from './runs/move.ts';
import { FAILURES, type ScheduleSettings } from './schedules.ts';

/** All that the firing of a slot is decided by. Times are in milliseconds since 1970, by the database's clock. */
export type Firing = ScheduleSettings & {
  id: string;
  version: number;
  nextSlotAt: number | null;
  nextFireAt: number | null;
  now: number;
  failures: number;
  goal: Pick<
    Goal,
    | 'id'
    | 'agentId'
    | 'prompt'
    | 'parameters'
    | 'maxSteps'
    | 'maxCostUsd'
    | 'maxDurationSeconds'
    | 'outputSchema'
  >;
  isAgentArchived: boolean;
  /** Who made the goal, and as whom its agent works, are in its organisation. */
  areMembers: boolean;
  /** The run that its agent is at. */
  busy: { runId: string; goalId: string | null; isQueueFull: boolean } | null;
};

const millis = (time: ReturnType<typeof sql>) => sql`(EXTRACT(EPOCH FROM ${time}) * 1000)::float8`;
const isMember = (userId: ReturnType<typeof sql>) => sql`EXISTS (SELECT FROM members m
  WHERE m.organisation_id = g.organisation_id AND m.user_id = ${userId})`;

/** Null for a schedule that is not there. */
export async function readFiring(db: Database, scheduleId: string): Promise<Firing | null> {
  const [row] = await query<{ firing: Firing }>(
    db,
    sql`SELECT row_to_json(f) AS firing FROM (SELECT s.id, s.cron, s.time_zone AS "timeZone", s.parameters, s.overlap, s.jitter_seconds AS "jitterSeconds",
        s.pause_after_failures AS "pauseAfterFailures", s.version, ${millis(sql`s.next_slot_at`)} AS "nextSlotAt",
        ${millis(sql`s.next_fire_at`)} AS "nextFireAt", ${millis(sql`engine_now()`)} AS now, ${FAILURES} AS failures,
        json_build_object('id', g.id, 'agentId', g.agent_id, 'prompt', g.prompt, 'parameters', g.parameters, 'maxSteps', g.max_steps,
          'maxCostUsd', ${usd(sql`g.max_cost_micro_usd`)}, 'maxDurationSeconds', g.max_duration_seconds, 'outputSchema', g.output_schema) AS goal,
        a.archived_at IS NOT NULL AS "isAgentArchived", ${isMember(sql`g.user_id`)} AND ${isMember(sql`a.user_id`)} AS "areMembers",
        (SELECT json_build_object('runId', r.id, 'goalId', r.goal_id,
          'isQueueFull', jsonb_array_length(r.after_run) >= ${LONGEST_QUEUE}::int)
          FROM runs r WHERE r.agent_id = a.id AND ${isActive(sql`r`)}) AS busy
      FROM schedules s JOIN goals g ON g.id = s.goal_id JOIN agents a ON a.id = g.agent_id WHERE s.id = ${scheduleId}::text) f`,
  );
  return row?.firing ?? null;
}

/** A slot as it is put down. Times are in milliseconds since 1970. */
export interface SlotNote {
  slotAt: number;
  outcome: SlotOutcome;
  isLate: boolean;
  reason: string | null;
  busyRunId: string | null;
  /** How many slots it stands for. */
  count: number;
}

/** How the schedule goes on: with its next slot, or paused. */
type Onward = { slotAt: number; fireAt: number } | { pausedReason: PausedReason };

interface SlotMove {
  schedule: Pick<Firing, 'id' | 'version' | 'nextSlotAt'>;
  onward: Onward;
  notes: SlotNote[];
}

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

/**
 * Moves a schedule on from its slot and puts down what became of it, with whatever statement does that: the schedule's row, locked
 * first, decides (E1), so a slot is fired once however many say that it is due. Nobody locks a schedule who holds a run.
 */
export function slotAlong({ schedule, onward, notes }: SlotMove): Along {
  const id = sql`${schedule.id}::text`;
  const set =
    'pausedReason' in onward
      ? sql`next_slot_at = NULL, next_fire_at = NULL, status = 'paused', paused_reason = ${onward.pausedReason}::text,
          version = version + 1, updated_at = engine_now()`
      : sql`next_slot_at = ${iso(onward.slotAt)}::timestamptz, next_fire_at = ${iso(onward.fireAt)}::timestamptz`;
  const rows = toJson(notes.map((note) => ({ ...note, slotAt: iso(note.slotAt) })));
  return {
    before: [
      sql`slot AS (SELECT id FROM schedules WHERE id = ${id} AND next_slot_at = ${iso(schedule.nextSlotAt)}::timestamptz
        AND version = ${schedule.version}::int AND next_fire_at <= engine_now() FOR UPDATE)`,
    ],
    guard: sql`EXISTS (SELECT FROM slot)`,
    arms: (done) => [
      sql`moved_on AS (UPDATE schedules s SET ${set} FROM ${done} AS done WHERE s.id = ${id})`,
      sql`noted AS (
        INSERT INTO schedule_slots (schedule_id, slot_at, outcome, is_late, reason, busy_run_id, count, fired_at)
        SELECT ${id}, n."slotAt", n.outcome, n."isLate", n.reason, n."busyRunId", n.count, engine_now()
        FROM ${done} AS done, jsonb_to_recordset(${rows}::jsonb) AS n ("slotAt" timestamptz, outcome text, "isLate" boolean,
          reason text, "busyRunId" text, count int)
        ON CONFLICT DO NOTHING)`,
    ],
  };
}

/**
 * Moves a schedule on without a run.
 *
 * @param busyRunId the run because of which there is none; it must still be under way
 * @returns false when somebody else has fired the slot, or that run has ended
 */
export async function passSlot(db: Database, move: SlotMove, busyRunId: string | null): Promise<boolean> {
  const { before, guard, arms } = slotAlong(move);
  const held =
    busyRunId === null
      ? sql`SELECT id FROM slot WHERE ${guard}`
      : sql`SELECT slot.id FROM slot JOIN runs r ON r.id = ${busyRunId}::text WHERE r.status NOT IN ${TERMINAL} FOR SHARE OF r`;
  const passed = await writeOnce(
    db,
    sql`WITH ${sql.join([...before, sql`held AS (${held})`, ...arms(sql`held`)], sql`, `)} SELECT id FROM held`,
    sql`SELECT schedule_id AS id FROM schedule_slots WHERE schedule_id = ${move.schedule.id}::text
      AND slot_at = ${iso(move.schedule.nextSlotAt)}::timestamptz`,
  );
  return passed !== null;
}

/** What became of a slot, as its organisation sees it. Times are RFC 3339. */
export interface Slot {
  slotAt: string;
  firedAt: string;
  outcome: SlotOutcome;
  late: boolean;
  reason: string | null;
  /** The run that it started; null also while that one is queued. */
  runId: string | null;
  busyRunId: string | null;
  count: number;
}

/** The slots of a schedule, newest first, one more than `limit` if there are more. */
export const listSlots = (
  db: Database,
  { scheduleId, limit, before }: { scheduleId: string; limit: number; before: string | null },
): Promise<(Slot & Record<string, unknown>)[]> =>
  query(
    db,
    sql`SELECT ${rfc3339(sql`n.slot_at`)} AS "slotAt", ${rfc3339(sql`n.fired_at`)} AS "firedAt", n.outcome, n.is_late AS late, n.reason,
        r.id AS "runId", n.busy_run_id AS "busyRunId", n.count
      FROM schedule_slots n LEFT JOIN runs r ON r.schedule_id = n.schedule_id AND r.slot_at = n.slot_at
      WHERE n.schedule_id = ${scheduleId}::text AND n.slot_at < COALESCE(${before}::timestamptz, 'infinity')
      ORDER BY n.slot_at DESC LIMIT ${limit + 1}::int`,
  );

/** Forgets slots after 30 days. */
export async function forgetSlots(db: Database): Promise<void> {
  await query(db, sql`DELETE FROM schedule_slots WHERE fired_at < engine_now() - interval '30 days'`);
}
