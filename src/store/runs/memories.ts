import { type SQL, sql } from 'drizzle-orm';
import type { MemoryChanges } from '../../memory/memory.ts';
import { toJson } from '../json.ts';
import { NOW } from './move.ts';

/** The arms that store what a step remembered and forgot; they ride in its commit, so a repeated step does it once. */
export function storeMemories({ put, forgotten }: MemoryChanges): SQL[] {
  const arms: SQL[] = [];
  if (put.length > 0) {
    arms.push(sql`remembered AS (
      INSERT INTO memories (agent_id, key, value, run_id, step_no, updated_at)
      SELECT moved.agent_id, m.key, m.value, moved.id, moved.step_no, ${NOW}
      FROM moved, jsonb_to_recordset(${toJson(put)}::jsonb) AS m (key text, value text)
      ON CONFLICT (agent_id, key) DO UPDATE SET value = EXCLUDED.value, run_id = EXCLUDED.run_id,
        step_no = EXCLUDED.step_no, updated_at = EXCLUDED.updated_at)`);
  }
  if (forgotten.length > 0) {
    arms.push(sql`forgotten AS (
      DELETE FROM memories USING moved
      WHERE memories.agent_id = moved.agent_id AND key = ANY(${sql.param(forgotten)}::text[]))`);
  }
  return arms;
}

/**
 * What a run of this agent is told when it begins, for `runs.memories`. A step that ends its run calls no tools, so nothing is
 * remembered in the statement that starts the next one.
 *
 * @param agentId an expression
 */
export const memoriesOf = (agentId: SQL) =>
  sql`COALESCE((SELECT jsonb_object_agg(m.key, m.value) FROM memories m WHERE m.agent_id = ${agentId}), '{}')`;
