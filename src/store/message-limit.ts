import { sql } from 'drizzle-orm';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';

/** The day (UTC) that messages are counted in; the counter stands among those of requests. */
const TODAY = sql`(date_trunc('day', engine_now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')`;
const BUCKET = sql`'messages'`;

/**
 * Counts a message of a user, unless they have sent as many today as they may: the counter's own row decides (E1).
 *
 * @returns false when there is none left
 */
export async function takeMessage(db: Database, userId: string, perDay: number): Promise<boolean> {
  const [row] = await query<{ used: number }>(
    db,
    sql`INSERT INTO rate_limits AS r (subject, bucket, window_start, used)
      SELECT ${userId}::text, ${BUCKET}, ${TODAY}, 1
      ON CONFLICT (subject, bucket) DO UPDATE SET window_start = excluded.window_start,
        used = CASE WHEN r.window_start = excluded.window_start THEN r.used + 1 ELSE 1 END
        WHERE r.window_start <> excluded.window_start OR r.used < ${perDay}::int
      RETURNING used`,
  );
  return row !== undefined;
}

/** How many messages a user has sent today (UTC), and when the next day begins, as RFC 3339. */
export type MessagesToday = { used: number; resetsAt: string };

export async function readMessages(db: Database, userId: string): Promise<MessagesToday> {
  const [row] = await query<MessagesToday>(
    db,
    sql`SELECT COALESCE((SELECT used FROM rate_limits WHERE subject = ${userId}::text AND bucket = ${BUCKET}
        AND window_start = ${TODAY}), 0) AS used, ${rfc3339(sql`(${TODAY} + interval '1 day')`)} AS "resetsAt"`,
  );
  if (row === undefined) throw new Error('a SELECT without a table gave no row');
  return row;
}
