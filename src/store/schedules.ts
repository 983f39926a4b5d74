import { type SQL, sql } from 'drizzle-orm';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';
import type { GoalValues, Overlap, PausedReason, ScheduleStatus } from './goal-types.ts';
import { isGoal, type WhichGoal } from './goals.ts';
import { toJson } from './json.ts';
import { writeOnce } from './operation.ts';

/** A goal has at most so many. */
export const MOST_SCHEDULES = 20;

/** What somebody says of a schedule. */
export interface ScheduleSettings {
  /** Five fields. */
  cron: string;
  /** Its IANA name. */
  timeZone: string;
  parameters: GoalValues;
  overlap: Overlap;
  /** Each slot is fired up to so much later. */
  jitterSeconds: number;
  /** So many failures in a row pause it; null for never. */
  pauseAfterFailures: number | null;
}

/** A schedule as its organisation sees it. Times are RFC 3339. */
export interface Schedule extends ScheduleSettings {
  id: string;
  goalId: string;
  status: ScheduleStatus;
  pausedReason: PausedReason | null;
  /** How many of its runs have failed since one completed, or since it was resumed. */
  consecutiveFailures: number;
  /** Null while it or its goal is paused, as is `nextFireAt`: the slot and its jitter. */
  nextSlotAt: string | null;
  nextFireAt: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface WhichSchedule extends WhichGoal {
  scheduleId: string;
}

/**
 * The failures in a row of the schedule `s`, from how its runs ended: nothing is counted where they end, so none is counted twice
 * or not at all. A run that was cancelled says nothing of the schedule.
 */
export const FAILURES = sql`(SELECT count(*) FROM runs f WHERE f.schedule_id = s.id AND f.status = 'failed' AND f.finished_at > GREATEST(
  s.failures_since, (SELECT max(c.finished_at) FROM runs c WHERE c.schedule_id = s.id AND c.status = 'completed')))::int`;

/** It is paused as soon as the last of those failures is there; its row says so when its next slot comes due. */
const IS_FAILING = sql`(s.status = 'active' AND COALESCE(failures >= s.pause_after_failures, false))`;

const SCHEDULE = sql`json_build_object('id', s.id, 'goalId', s.goal_id, 'cron', s.cron, 'timeZone', s.time_zone,
  'parameters', s.parameters, 'overlap', s.overlap, 'jitterSeconds', s.jitter_seconds, 'pauseAfterFailures', s.pause_after_failures,
  'status', CASE WHEN ${IS_FAILING} THEN 'paused' ELSE s.status END,
  'pausedReason', CASE WHEN ${IS_FAILING} THEN 'failures' ELSE s.paused_reason END, 'consecutiveFailures', failures,
  'nextSlotAt', CASE WHEN NOT ${IS_FAILING} THEN ${rfc3339(sql`s.next_slot_at`)} END,
  'nextFireAt', CASE WHEN NOT ${IS_FAILING} THEN ${rfc3339(sql`s.next_fire_at`)} END,
  'createdAt', ${rfc3339(sql`s.created_at`)}, 'updatedAt', ${rfc3339(sql`s.updated_at`)})`;

const select = (which: WhichGoal, more: SQL) => sql`SELECT ${SCHEDULE} AS schedule
  FROM goals g JOIN schedules s ON s.goal_id = g.id CROSS JOIN LATERAL (SELECT ${FAILURES} AS failures) f
  WHERE g.id = ${which.goalId}::text AND g.organisation_id = ${which.organisationId}::text AND ${more}`;

/** A schedule of this organisation's goal. */
export async function findSchedule(db: Database, which: WhichSchedule): Promise<Schedule | null> {
  const [row] = await query<{ schedule: Schedule }>(db, select(which, sql`s.id = ${which.scheduleId}::text`));
  return row?.schedule ?? null;
}

/** All of a goal, newest first. */
export async function listSchedules(db: Database, which: WhichGoal): Promise<Schedule[]> {
  const rows = await query<{ schedule: Schedule }>(
    db,
    sql`${select(which, sql`true`)} ORDER BY s.created_at DESC, s.id DESC`,
  );
  return rows.map(({ schedule }) => schedule);
}

/**
 * Makes a schedule, which is left to be settled.
 *
 * @returns false when the goal is archived, unknown or another organisation's, or has as many as it may
 */
export async function insertSchedule(
  db: Database,
  { scheduleId, ...which }: WhichSchedule,
  schedule: ScheduleSettings,
): Promise<boolean> {
  const made = await writeOnce(
    db,
    sql`WITH g AS (
      UPDATE goals SET schedule_count = schedule_count + 1
      WHERE ${isGoal(which)} AND status <> 'archived' AND schedule_count < ${MOST_SCHEDULES}::int
        AND NOT EXISTS (SELECT FROM schedules WHERE id = ${scheduleId}::text)
      RETURNING id
    ), s AS (
      INSERT INTO schedules (id, goal_id, cron, time_zone, parameters, overlap, jitter_seconds, pause_after_failures, status)
      SELECT ${scheduleId}::text, id, ${schedule.cron}::text, ${schedule.timeZone}::text, ${toJson(schedule.parameters)}::jsonb,
        ${schedule.overlap}::text, ${schedule.jitterSeconds}::int, ${schedule.pauseAfterFailures}::int, 'active' FROM g
      RETURNING id
    ) SELECT id FROM s`,
    sql`SELECT id FROM schedules WHERE id = ${scheduleId}::text`,
  );
  return made !== null;
}

/** What to do with a schedule; undefined stays as it is. */
export type ScheduleChanges = {
  [Key in keyof ScheduleSettings]?: ScheduleSettings[Key] | undefined;
} & { status?: ScheduleStatus | undefined };

/**
 * Changes a schedule. With its times or its status its next slot changes, which is left to be settled; one that is resumed counts
 * failures anew. Goals are locked before their schedules, here as everywhere.
 *
 * @returns false when there is none, or its goal is archived
 */
export async function updateSchedule(
  db: Database,
  { scheduleId, ...which }: WhichSchedule,
  changes: ScheduleChanges,
): Promise<boolean> {
  const { cron, timeZone, parameters, overlap, jitterSeconds, pauseAfterFailures, status } = changes;
  const set = [sql`updated_at = engine_now()`, sql`version = version + 1`];
  if (cron !== undefined) set.push(sql`cron = ${cron}::text`);
  if (timeZone !== undefined) set.push(sql`time_zone = ${timeZone}::text`);
  if (parameters !== undefined) set.push(sql`parameters = ${toJson(parameters)}::jsonb`);
  if (overlap !== undefined) set.push(sql`overlap = ${overlap}::text`);
  if (jitterSeconds !== undefined) set.push(sql`jitter_seconds = ${jitterSeconds}::int`);
  if (pauseAfterFailures !== undefined) set.push(sql`pause_after_failures = ${pauseAfterFailures}::int`);
  if (status === 'paused')
    set.push(sql`status = 'paused'`, sql`paused_reason = COALESCE(paused_reason, 'byRequest')`);
  if (status === 'active') {
    set.push(sql`status = 'active'`, sql`paused_reason = NULL`, sql`failures_since = engine_now()`);
  }
  const isMoved = [cron, timeZone, jitterSeconds, status].some((change) => change !== undefined);
  if (isMoved) set.push(sql`next_slot_at = NULL`, sql`next_fire_at = NULL`);
  const [row] = await query<{ id: string }>(
    db,
    sql`WITH g AS (SELECT id FROM goals WHERE ${isGoal(which)} AND status <> 'archived' FOR SHARE)
      UPDATE schedules s SET ${sql.join(set, sql`, `)} FROM g
      WHERE s.id = ${scheduleId}::text AND s.goal_id = g.id RETURNING s.id`,
  );
  return row !== undefined;
}

/** Removes a schedule and the record of its slots; its runs stay. @returns false when there is none */
export async function deleteSchedule(
  db: Database,
  { scheduleId, ...which }: WhichSchedule,
): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    db,
    sql`WITH g AS (SELECT id FROM goals WHERE ${isGoal(which)} FOR UPDATE), gone AS (
        DELETE FROM schedules s USING g WHERE s.id = ${scheduleId}::text AND s.goal_id = g.id RETURNING s.goal_id
      ) UPDATE goals SET schedule_count = schedule_count - 1 FROM gone WHERE goals.id = gone.goal_id RETURNING goals.id`,
  );
  return row !== undefined;
}
