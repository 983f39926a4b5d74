import { sql } from 'drizzle-orm';
import type { MemoryScope } from '../memory/memory.ts';
import { type Database, query } from './database.ts';

/** A memory as it stands in the prompt of all of a run's steps. */
export type ToldMemory = {
  key: string;
  scope: MemoryScope;
  value: string;
  /** Of an organisation's: whether a user wrote it. Null for the agent's own. */
  isByUser: boolean | null;
};

/** What a run was told of memories when it began, by scope and key. Null for an unknown run and for another organisation's. */
export async function findToldMemories(
  db: Database,
  organisationId: string,
  runId: string,
): Promise<ToldMemory[] | null> {
  const [row] = await query<{ told: ToldMemory[] }>(
    db,
    sql`SELECT COALESCE((SELECT json_agg(memory ORDER BY memory.scope, memory.key COLLATE "C") FROM (
        SELECT key, 'agent' AS scope, value, NULL::boolean AS "isByUser" FROM jsonb_each_text(r.memories)
        UNION ALL
        SELECT key, 'organisation', value ->> 'value', (value ->> 'isByUser')::boolean FROM jsonb_each(r.shared_memories)
      ) AS memory), '[]') AS told
      FROM runs r WHERE r.id = ${runId}::text AND r.organisation_id = ${organisationId}::text`,
  );
  return row?.told ?? null;
}
