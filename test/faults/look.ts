import { z } from 'zod';
import type { Cloud } from '../support/cloud.ts';
import { PROMPT } from './task.ts';

const LOOK = `SELECT to_jsonb(r) AS row, (SELECT count(*) FROM run_events e WHERE e.run_id = r.id)::int AS events,
    (SELECT count(*) FROM steps s WHERE s.run_id = r.id AND committed_at IS NOT NULL)::int AS "committedSteps"
  FROM runs r JOIN agents a ON a.id = r.agent_id WHERE a.name = $1 AND r.prompt = $2`;

const answerSchema = z.object({ rows: z.array(z.unknown()) });

/**
 * Reads the runs of a task as they are. Asked after every statement that writes, so it passes by the driver and the
 * query builder, which cost more than the answer.
 *
 * @param cloud whose database is looked at
 */
export function createLook(cloud: Cloud): (agentName: string) => Promise<unknown[]> {
  const headers = { 'neon-connection-string': cloud.url };
  return async (agentName) => {
    const body = JSON.stringify({ query: LOOK, params: [agentName, PROMPT] });
    const response = await cloud.fetch(
      new Request('http://neon.local/sql', { method: 'POST', headers, body }),
    );
    return answerSchema.parse(await response.json()).rows;
  };
}
