import type { SQL } from 'drizzle-orm';
import type { NeonHttpDatabase } from 'drizzle-orm/neon-http';
import type * as schema from './schema.ts';

/** Neon over HTTP. Each call is one request and one transaction; there are no interactive ones. */
export type Database = NeonHttpDatabase<typeof schema>;

/**
 * Runs one statement and gives its rows. The caller names the row's shape: bigint, numeric and timestamptz arrive as
 * text; json, text[] and int[] parsed.
 */
export async function query<Row extends Record<string, unknown>>(
  db: Database,
  statement: SQL,
): Promise<Row[]> {
  const { rows } = await db.execute<Row>(statement);
  return rows;
}
