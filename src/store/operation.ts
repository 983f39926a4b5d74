import type { SQL } from 'drizzle-orm';
import { type Database, query } from './database.ts';

const ATTEMPTS = 3;
const PAUSE_MS = 150;

export const UNIQUE_VIOLATION = '23505';
export const FOREIGN_KEY_VIOLATION = '23503';

/** SQLSTATEs after which the statement certainly did nothing and the same one may succeed: serialisation, deadlock. */
const TRY_AGAIN = new Set(['40001', '40P01']);

/**
 * Runs a guarded write whose answer may be lost on the way (E3). A failure that is not the database's own word leaves the
 * outcome unknown: the write is sent again under the same operation id, and "0 rows" then means either that somebody
 * else won or that our first try did, which `readBack` tells apart.
 *
 * @returns the row written, or null when the guard did not hold
 * @throws the last error when the database could not be reached in three tries
 */
export async function writeOnce<Row extends Record<string, unknown>>(
  db: Database,
  write: SQL,
  readBack: SQL,
): Promise<Row | null> {
  let outcomeUnknown = false;
  for (let attempt = 1; ; attempt++) {
    try {
      const [row] = await query<Row>(db, write);
      if (row) return row;
      if (!outcomeUnknown) return null;
      const [ours] = await query<Row>(db, readBack);
      return ours ?? null;
    } catch (error) {
      const code = sqlState(error);
      // Whoever made the row had its id, which is new save for a request that is carried out again.
      if (code === UNIQUE_VIOLATION) {
        const [ours] = await query<Row>(db, readBack);
        if (ours) return ours;
      }
      if (code !== null && !TRY_AGAIN.has(code)) throw error;
      if (attempt === ATTEMPTS) throw error;
      outcomeUnknown ||= code === null;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
    }
  }
}

/** The SQLSTATE of an error the database itself reported, or null when the request or its answer was lost. */
export function sqlState(error: unknown): string | null {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string') {
    return /^[0-9A-Z]{5}$/.test(cause.code) ? cause.code : null;
  }
  return null;
}
