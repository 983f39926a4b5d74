import { sql } from 'drizzle-orm';
import { type Database, query } from '../database.ts';
import { CLOCK, DISPATCH_GRACE_MS, ms, NOW, TERMINAL } from './move.ts';

/** A run whose timer is up, and its dispatch. */
export type Woken = { runId: string; traceId: string | null; dispatchNo: number; sweepNo: number };

/**
 * Rings the timer of all runs that wait for their user's day: its limit has changed, in a statement before this one. All runs
 * of the user are locked and looked at as they are then, so one that is just coming to wait under the old limit is found too.
 * They keep their dispatch, under a new number of the sweep, because the queue may know the old one (E4). Who finds no room goes
 * on waiting without a word.
 */
export function wakeForDay(db: Database, userId: string): Promise<Woken[]> {
  return query<Woken>(
    db,
    sql`WITH ${CLOCK}, held AS MATERIALIZED (
      SELECT id AS held_id, status = 'waiting' AND waiting_for = 'budget' AND wake_at IS NOT NULL AS waits
      FROM runs WHERE user_id = ${userId}::text AND status NOT IN ${TERMINAL} ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE runs SET wake_at = ${NOW}, sweep_no = sweep_no + 1, sweep_after = ${NOW} + ${ms(DISPATCH_GRACE_MS)}
    FROM held WHERE runs.id = held_id AND waits
    RETURNING id AS "runId", trace_id AS "traceId", dispatch_no AS "dispatchNo", sweep_no AS "sweepNo"`,
  );
}
