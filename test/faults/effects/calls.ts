import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Cloud } from '../../support/cloud.ts';
import { LATER } from './task.ts';

const inputSchema = z.looseObject({ method: z.string().optional(), idempotencyKey: z.boolean().optional() });
const callSchema = z.object({ id: z.string(), name: z.string(), state: z.string(), input: inputSchema });

/** A call of the task's runs with what it asked for. */
export type EffectCall = z.infer<typeof callSchema>;

/** What the product says of the runs of an agent. */
const recordSchema = z.object({
  calls: z.array(callSchema),
  memories: z.record(z.string(), z.string()),
  laterRuns: z.number(),
  laterWithdrawn: z.number(),
  /** Whether the message behind the run was said at all. */
  isLaterSaid: z.boolean(),
});
export type EffectsRecord = z.infer<typeof recordSchema>;

export async function readRecord(cloud: Cloud, agentName: string): Promise<EffectsRecord> {
  const { rows } = await cloud.db.execute(sql`SELECT
    (SELECT COALESCE(jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name, 'state', c.state, 'input', b.block -> 'input')
        ORDER BY r.created_at, c.step_no, c.ordinal), '[]')
      FROM runs r JOIN steps s ON s.run_id = r.id JOIN tool_calls c ON c.run_id = s.run_id AND c.step_no = s.step_no,
        LATERAL json_array_elements(s.content) b (block)
      WHERE r.agent_id = a.id AND b.block ->> 'id' = c.provider_call_id) AS calls,
    (SELECT COALESCE(jsonb_object_agg(m.key, m.value -> 'value'), '{}') FROM jsonb_each(a.remembered) AS m) AS memories,
    (SELECT count(*) FROM runs r WHERE r.agent_id = a.id AND r.prompt = ${LATER}::text)::int AS "laterRuns",
    (SELECT count(*) FROM messages m WHERE m.agent_id = a.id AND m.text = ${LATER}::text
      AND m.withdrawn_at IS NOT NULL)::int AS "laterWithdrawn",
    EXISTS (SELECT FROM messages m WHERE m.agent_id = a.id AND m.text = ${LATER}::text)
      OR EXISTS (SELECT FROM runs r WHERE r.agent_id = a.id AND r.prompt = ${LATER}::text) AS "isLaterSaid"
    FROM agents a WHERE a.name = ${agentName}::text`);
  return recordSchema.parse(rows[0]);
}

/** As the task lists them: requests by what they would do to their receiver. */
export function kindOf({ name, input }: EffectCall): string {
  if (name !== 'http_request') return name;
  if (input.method === 'GET') return 'GET';
  return input.idempotencyKey ? 'keyed' : 'marked';
}
