import { z } from 'zod';
import type { Cloud } from '../support/cloud.ts';
import type { Actor } from './actors.ts';
import type { Freezer } from './freezer.ts';
import { judgeChange, seenSchema } from './row-watch.ts';
import type { Scene } from './seam.ts';
import { TASKS } from './tasks.ts';

const LOOK = `SELECT to_jsonb(r) AS row, (SELECT count(*) FROM run_events e WHERE e.run_id = r.id)::int AS events,
    (SELECT count(*) FROM steps s WHERE s.run_id = r.id)::int AS steps,
    (SELECT count(*) FROM steps s WHERE s.run_id = r.id AND committed_at IS NOT NULL)::int AS "committedSteps"
  FROM runs r JOIN agents a ON a.id = r.agent_id WHERE a.name = $1 ORDER BY r.created_at, r.id`;

const answerSchema = z.object({ rows: z.array(seenSchema) });

/**
 * Looks at the runs of the task's agent after a statement: whether it changed one as it may, and what the user sees of it. Asked so
 * often, it passes by the driver and the query builder, which cost more than the answer.
 */
export function createWatch(cloud: Cloud, frozen: Freezer): (scene: Scene, actor: Actor) => Promise<void> {
  const headers = { 'neon-connection-string': cloud.url };
  return async ({ simulation, person }, actor) => {
    const { runs, wrong } = simulation;
    const body = JSON.stringify({ query: LOOK, params: [simulation.name] });
    const response = await cloud.fetch(
      new Request('http://neon.local/sql', { method: 'POST', headers, body }),
    );
    const { rows } = answerSchema.parse(await response.json());
    const { prompt } = TASKS[simulation.plan.task];
    const started = rows.filter(({ row }) => row.prompt === prompt).length;
    if (started > 1) wrong.push(`the task was started ${started} times`);
    const retried = rows.flatMap(({ row }) => row.retry_of ?? []);
    if (new Set(retried).size < retried.length) wrong.push('a run was retried twice');
    for (const seen of rows) {
      const { id, status, epoch } = seen.row;
      wrong.push(...judgeChange(runs.get(id) ?? null, seen, actor, Date.now()));
      if (status === 'running') frozen.thaw(id, epoch);
      runs.set(id, seen);
    }
    const newest = rows.at(-1);
    if (newest) person.notice(newest);
  };
}
