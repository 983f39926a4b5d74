import { z } from 'zod';
import type { NewDatabase } from '../../support/database.ts';
import type { DagScene } from './seam.ts';

/** The counts of an execution beside what they count. */
const LOOK = `SELECT e.status, (e.event_seq - (SELECT count(*) FROM dag_events v WHERE v.execution_id = e.id))::int AS untold,
    jsonb_build_array(e.open_nodes, e.ready_nodes, e.running_nodes, e.waiting_nodes, e.failed_nodes, e.parallelism - e.free_slots) AS says,
    (SELECT jsonb_build_array(count(*) FILTER (WHERE n.status IN ('pending', 'queued', 'running', 'waiting')),
        count(*) FILTER (WHERE n.status = 'queued'), count(*) FILTER (WHERE n.status = 'running'),
        count(*) FILTER (WHERE n.status = 'waiting'), count(*) FILTER (WHERE n.status IN ('failed', 'cancelled')),
        count(*) FILTER (WHERE n.status IN ('running', 'waiting')))
      FROM dag_nodes n WHERE n.execution_id = e.id) AS counted,
    (SELECT count(*) FROM dag_nodes n WHERE n.execution_id = e.id AND n.remaining <> (
      SELECT count(*) FROM dag_edges g JOIN dag_nodes d ON d.execution_id = g.execution_id AND d.node_id = g.from_node
      WHERE g.execution_id = e.id AND g.to_node = n.node_id AND d.status IN ('pending', 'queued', 'running', 'waiting')))::int AS miscounted
  FROM dag_executions e WHERE e.name = $1`;

const answerSchema = z.object({
  rows: z.array(
    z.object({
      status: z.string(),
      untold: z.number(),
      says: z.array(z.number()),
      counted: z.array(z.number()),
      miscounted: z.number(),
    }),
  ),
});

/** Looks at the execution after a statement: whether its counts are true, and how it stands. */
export function createLook({ answer, url }: NewDatabase): (scene: DagScene) => Promise<void> {
  const headers = { 'neon-connection-string': url };
  return async (scene) => {
    const body = JSON.stringify({ query: LOOK, params: [scene.name] });
    const { rows } = answerSchema.parse(JSON.parse((await answer({ headers, body })).body));
    if (rows.length > 1) scene.wrong.add(`it was executed ${rows.length} times`);
    for (const { status, untold, says, counted, miscounted } of rows) {
      scene.status = status;
      if (untold !== 0) scene.wrong.add(`${untold} events are not in the log`);
      if (says.join() !== counted.join()) {
        scene.wrong.add(`open, ready, running, waiting, failed and slots are ${says}, and really ${counted}`);
      }
      if (miscounted > 0) scene.wrong.add(`${miscounted} nodes miscount what they wait for`);
    }
  };
}
