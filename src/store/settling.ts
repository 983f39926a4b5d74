import { sql } from 'drizzle-orm';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { ms } from './runs/move.ts';

/** A schedule whose next slot, or what the queue knows of it, may not be as it should. */
export type Unsettled = {
  id: string;
  cron: string;
  timeZone: string;
  jitterSeconds: number;
  /** Neither it nor its goal is paused. */
  isActive: boolean;
  nextSlotAt: string | null;
  version: number;
  syncedVersion: number;
  /** The database's clock, in milliseconds since 1970. */
  now: number;
};

export async function findUnsettled(db: Database, scheduleId: string): Promise<Unsettled | null> {
  const [row] = await query<Unsettled>(
    db,
    sql`SELECT s.id, s.cron, s.time_zone AS "timeZone", s.jitter_seconds AS "jitterSeconds",
        s.status = 'active' AND g.status = 'active' AS "isActive", ${rfc3339(sql`s.next_slot_at`)} AS "nextSlotAt",
        s.version, s.synced_version AS "syncedVersion", (EXTRACT(EPOCH FROM engine_now()) * 1000)::float8 AS now
      FROM schedules s JOIN goals g ON g.id = s.goal_id WHERE s.id = ${scheduleId}::text`,
  );
  return row ?? null;
}

/**
 * Gives an active schedule its next slot.
 *
 * @returns false when it has one, or it or its goal was changed since it was read
 */
export async function setNextSlot(
  db: Database,
  { id, version }: Unsettled,
  next: { slotAt: string; fireAt: string },
): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    db,
    sql`WITH g AS (
        SELECT g.id FROM goals g JOIN schedules s ON s.goal_id = g.id WHERE s.id = ${id}::text AND g.status = 'active' FOR SHARE OF g)
      UPDATE schedules s SET next_slot_at = ${next.slotAt}::timestamptz, next_fire_at = ${next.fireAt}::timestamptz FROM g
      WHERE s.id = ${id}::text AND s.goal_id = g.id AND s.version = ${version}::int AND s.status = 'active' AND s.next_slot_at IS NULL
      RETURNING s.id`,
  );
  return row !== undefined;
}

/** Notes up to which change the queue knows a schedule. */
export async function markSynced(db: Database, { id, version }: Unsettled): Promise<void> {
  await query(
    db,
    sql`UPDATE schedules SET synced_version = ${version}::int WHERE id = ${id}::text AND version = ${version}::int`,
  );
}

/** The schedules of a goal that are not settled. */
export async function unsettledOf(db: Database, goalId: string): Promise<string[]> {
  const rows = await query<{ id: string }>(
    db,
    sql`SELECT id FROM schedules WHERE goal_id = ${goalId}::text AND synced_version < version`,
  );
  return rows.map(({ id }) => id);
}

/** Schedules that want looking after: those not settled, and those whose slot came due so long ago that whoever was to say so was lost. */
export async function neglected(
  db: Database,
  { graceMs, limit }: { graceMs: number; limit: number },
): Promise<{ unsettled: string[]; overdue: string[] }> {
  const [row] = await query<{ unsettled: string[]; overdue: string[] }>(
    db,
    sql`SELECT ARRAY(SELECT id FROM schedules WHERE synced_version < version ORDER BY updated_at LIMIT ${limit}::int) AS unsettled,
      ARRAY(SELECT id FROM schedules WHERE next_fire_at <= engine_now() - ${ms(graceMs)}
        ORDER BY next_fire_at LIMIT ${limit}::int) AS overdue`,
  );
  return row ?? { unsettled: [], overdue: [] };
}

/** How many schedules the queue does not know as they are now, and for how long the oldest has been so, in seconds. */
export interface SchedulerLag extends Record<string, unknown> {
  unsynced: number;
  oldestSeconds: number | null;
}

export async function schedulerLag(db: Database): Promise<SchedulerLag> {
  const [row] = await query<SchedulerLag>(
    db,
    sql`SELECT count(*)::int AS unsynced,
        CASE WHEN count(*) > 0 THEN floor(GREATEST(0, EXTRACT(EPOCH FROM engine_now() - min(updated_at)))) END::float8 AS "oldestSeconds"
      FROM schedules WHERE synced_version < version`,
  );
  return row ?? { unsynced: 0, oldestSeconds: null };
}
