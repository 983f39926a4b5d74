import { sql } from 'drizzle-orm';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';

/** What an agent remembers under a key, and the step that remembered it. Times are RFC 3339. */
export type StoredMemory = { key: string; value: string; runId: string; stepNo: number; updatedAt: string };

/** What an agent remembers, by key. How much that can be is bounded where it is remembered. */
export function listMemories(db: Database, agentId: string): Promise<StoredMemory[]> {
  return query<StoredMemory>(
    db,
    sql`SELECT key, value, run_id AS "runId", step_no AS "stepNo", ${rfc3339(sql`m.updated_at`)} AS "updatedAt"
      FROM memories m WHERE agent_id = ${agentId}::text ORDER BY key`,
  );
}

/** @returns false when nothing is remembered under the key */
export async function deleteMemory(db: Database, agentId: string, key: string): Promise<boolean> {
  const [row] = await query<{ key: string }>(
    db,
    sql`DELETE FROM memories WHERE agent_id = ${agentId}::text AND key = ${key}::text RETURNING key`,
  );
  return row !== undefined;
}
