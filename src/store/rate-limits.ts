import { type SQL, sql } from 'drizzle-orm';
import { type Database, query } from './database.ts';

/** So many requests of a kind in a minute. `bucket` names the kind. */
export interface RateLimit {
  bucket: string;
  perMinute: number;
}

/** What is left of the limit that is nearest to its end. A request too many has taken nothing from anybody. */
export type RateLimitState = {
  limit: number;
  remaining: number;
  resetSeconds: number;
  exceeded: boolean;
};

/**
 * The arm `taken` of a statement: counts a request against its limits, in the current minute. The counter's own row decides (E1), so
 * requests at once cannot slip past it together.
 *
 * @param subject an arm's column that says who asks; no row of it counts nothing
 */
export const takeLimits = (limits: readonly RateLimit[], from: { table: SQL; subject: SQL }) => sql`
  wanted AS (
    SELECT ${from.subject} AS subject, l.bucket, l.per_minute
    FROM ${from.table}, (VALUES ${sql.join(
      limits.map(({ bucket, perMinute }) => sql`(${bucket}::text, ${perMinute}::int)`),
      sql`, `,
    )}) AS l (bucket, per_minute)
    ORDER BY l.bucket
  ), taken AS (
    INSERT INTO rate_limits AS r (subject, bucket, window_start, used)
    SELECT subject, bucket, date_trunc('minute', engine_now()), 1 FROM wanted
    ON CONFLICT (subject, bucket) DO UPDATE SET window_start = excluded.window_start,
      used = CASE WHEN r.window_start = excluded.window_start THEN LEAST(r.used, 1000000) + 1 ELSE 1 END
    RETURNING subject, bucket, window_start, used
  ), left_over AS (
    SELECT w.per_minute AS "limit", GREATEST(w.per_minute - t.used, 0) AS remaining,
      GREATEST(1, ceil(extract(epoch FROM t.window_start + interval '1 minute' - engine_now())))::int AS "resetSeconds",
      t.used > w.per_minute AS exceeded
    FROM taken t JOIN wanted w USING (subject, bucket)
    ORDER BY t.used > w.per_minute DESC, w.per_minute - t.used, w.per_minute LIMIT 1
  )`;

/** Counts a request of somebody who has not said who they are; `subject` is where they come from. */
export async function takeFromLimits(
  db: Database,
  subject: string,
  limits: readonly RateLimit[],
): Promise<RateLimitState> {
  const from = { table: sql`(SELECT ${subject}::text AS subject) AS asker`, subject: sql`asker.subject` };
  const [row] = await query<RateLimitState>(
    db,
    sql`WITH ${takeLimits(limits, from)} SELECT * FROM left_over`,
  );
  if (row === undefined) throw new Error('an upsert gave no row');
  return row;
}

/** Forgets counters of days and minutes that are over. */
export async function forgetRateLimits(db: Database): Promise<void> {
  await query(db, sql`DELETE FROM rate_limits WHERE window_start < engine_now() - interval '25 hours'`);
}
