import { z } from 'zod';
import type { NewDatabase } from '../../support/database.ts';
import type { DagScene } from './seam.ts';
import { nodesOf } from './shapes.ts';

/** The counts of an execution, and the nodes that they count: what is asked so often may not count in the database. */
const LOOK = `SELECT e.status, (e.event_seq - (SELECT count(*) FROM dag_events v WHERE v.execution_id = e.id))::int AS untold,
    jsonb_build_object('open', e.open_nodes, 'queued', e.ready_nodes, 'running', e.running_nodes, 'waiting', e.waiting_nodes,
      'failed', e.failed_nodes, 'slots', e.parallelism - e.free_slots) AS says,
    (SELECT string_agg(n.node_id || ' ' || n.status || ' ' || n.remaining, ',') FROM dag_nodes n WHERE n.execution_id = e.id) AS nodes
  FROM dag_executions e WHERE e.name = $1`;

const countsSchema = z.object({
  open: z.number(),
  queued: z.number(),
  running: z.number(),
  waiting: z.number(),
  failed: z.number(),
  slots: z.number(),
});
type Counts = z.infer<typeof countsSchema>;
const COUNTS = countsSchema.keyof().options;

const answerSchema = z.object({
  rows: z.array(z.object({ status: z.string(), untold: z.number(), says: countsSchema, nodes: z.string() })),
});

const OPEN = new Set(['pending', 'queued', 'running', 'waiting']);

/** Looks at the execution after a statement: whether its counts are true, and how it stands. */
export function createLook({ answer, url }: NewDatabase): (scene: DagScene) => Promise<void> {
  const headers = { 'neon-connection-string': url };
  return async (scene) => {
    const body = JSON.stringify({ query: LOOK, params: [scene.name] });
    const { rows } = answerSchema.parse(JSON.parse((await answer({ headers, body })).body));
    if (rows.length > 1) scene.wrong.add(`it was executed ${rows.length} times`);
    for (const { status, untold, says, nodes } of rows) {
      scene.status = status;
      if (untold !== 0) scene.wrong.add(`${untold} events are not in the log`);
      const { counted, miscounting } = countNodes(scene, nodes);
      for (const what of COUNTS) {
        if (says[what] !== counted[what])
          scene.wrong.add(`${what} is ${says[what]}, and really ${counted[what]}`);
      }
      if (miscounting.length > 0) scene.wrong.add(`${miscounting.join(', ')} miscount what they wait for`);
    }
  };
}

/** @param text each node with its status and how many it says it waits for */
function countNodes({ plan }: DagScene, text: string): { counted: Counts; miscounting: string[] } {
  const nodes = new Map(
    text.split(',').map((node) => {
      const [id = '', status = '', remaining] = node.split(' ');
      return [id, { status, remaining: Number(remaining) }];
    }),
  );
  const counted: Counts = { open: 0, queued: 0, running: 0, waiting: 0, failed: 0, slots: 0 };
  for (const { status } of nodes.values()) {
    if (OPEN.has(status)) counted.open += 1;
    if (status === 'queued' || status === 'running' || status === 'waiting') counted[status] += 1;
    if (status === 'running' || status === 'waiting') counted.slots += 1;
    if (status === 'failed' || status === 'cancelled') counted.failed += 1;
  }
  const isOpen = (id: string) => OPEN.has(nodes.get(id)?.status ?? '');
  const miscounting = nodesOf(plan.shape, plan.nodes)
    .filter(({ id, dependsOn }) => nodes.get(id)?.remaining !== dependsOn.filter(isOpen).length)
    .map(({ id }) => id);
  return { counted, miscounting };
}
