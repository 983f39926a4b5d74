import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Cloud } from '../../support/cloud.ts';
import { comparison } from '../comparison.ts';
import type { Arrival } from '../effects/web.ts';
import type { ShapeNode } from './shapes.ts';

const ledgerSchema = z.object({
  id: z.string(),
  status: z.string(),
  parallelism: z.number(),
  free: z.number(),
  eventSeq: z.number(),
  nodes: z.array(z.object({ id: z.string(), status: z.string(), attempt: z.number() })),
  events: z.array(
    z.object({
      seq: z.number(),
      node: z.string().nullable(),
      run: z.string().nullable(),
      runSeq: z.number().nullable(),
      type: z.string(),
    }),
  ),
  runs: z.array(
    z.object({ id: z.string(), status: z.string(), eventSeq: z.number(), calls: z.array(z.string()) }),
  ),
});
type DagLedger = z.infer<typeof ledgerSchema>;

/** What is wrong with an execution that has had its time, in our tables and, above all, at the receiver of its effects. */
export async function judgeDag(
  cloud: Cloud,
  name: string,
  nodes: readonly ShapeNode[],
  arrivals: readonly Arrival[],
): Promise<{ wrong: string[]; attempts: number }> {
  const ledger = await readDagLedger(cloud, name);
  if (!ledger) return { wrong: ['there is no execution'], attempts: 0 };
  return {
    wrong: [...judgeEnd(ledger), ...judgeEvents(ledger, nodes), ...judgeEffectsOf(ledger, arrivals)],
    attempts: ledger.nodes.reduce((sum, { attempt }) => sum + attempt, 0),
  };
}

async function readDagLedger(cloud: Cloud, name: string): Promise<DagLedger | null> {
  const { rows } =
    await cloud.db.execute(sql`SELECT e.id, e.status, e.parallelism, e.free_slots AS free, e.event_seq AS "eventSeq",
      (SELECT jsonb_agg(jsonb_build_object('id', node_id, 'status', status, 'attempt', attempt) ORDER BY ordinal)
        FROM dag_nodes n WHERE n.execution_id = e.id) AS nodes,
      (SELECT jsonb_agg(jsonb_build_object('seq', seq, 'node', node_id, 'run', run_id, 'runSeq', run_seq, 'type', type) ORDER BY seq)
        FROM dag_events v WHERE v.execution_id = e.id) AS events,
      (SELECT COALESCE(jsonb_agg(jsonb_build_object('id', r.id, 'status', r.status, 'eventSeq', r.event_seq,
          'calls', (SELECT COALESCE(jsonb_agg(c.id), '[]') FROM tool_calls c WHERE c.run_id = r.id))), '[]')
        FROM runs r WHERE r.dag_execution_id = e.id) AS runs
    FROM dag_executions e WHERE e.name = ${name}::text`);
  return rows[0] ? ledgerSchema.parse(rows[0]) : null;
}

function judgeEnd({ status, parallelism, free, nodes, runs }: DagLedger): string[] {
  const { wrong, expect } = comparison();
  expect('the execution', status, 'completed');
  expect('free slots', free, parallelism);
  const notDone = nodes.filter((node) => node.status !== 'completed');
  expect('nodes that are not completed', notDone, []);
  expect('runs', runs.length, sum(nodes.map(({ attempt }) => attempt)));
  expect('runs that completed', runs.filter((run) => run.status === 'completed').length, nodes.length);
  const open = runs.filter((run) => !['completed', 'failed', 'cancelled'].includes(run.status));
  expect('runs that never ended', open, []);
  return wrong;
}

/** The log has no gap, tells each run's events once and in order, and begins each node when all before it is over and a slot is free. */
function judgeEvents({ eventSeq, events, nodes, runs, parallelism }: DagLedger, shape: readonly ShapeNode[]) {
  const { wrong, expect } = comparison();
  const inOrder = (numbers: readonly number[]) => numbers.every((number, at) => number === at + 1);
  expect('the log has no gap', inOrder(events.map(({ seq }) => seq)), true);
  expect('how many events there are', events.length, eventSeq);
  const told = Map.groupBy(
    events.filter(({ runSeq }) => runSeq !== null),
    ({ run }) => run,
  );
  for (const run of runs) {
    const numbers = (told.get(run.id) ?? []).map(({ runSeq }) => runSeq ?? 0);
    expect(`${run.id} is told in order`, [inOrder(numbers), numbers.length], [true, run.eventSeq]);
  }
  const ofNode = Map.groupBy(events, ({ node }) => node);
  for (const { id, attempt } of nodes) {
    const count = (type: string) => (ofNode.get(id) ?? []).filter((event) => event.type === type).length;
    expect(`beginnings of ${id}`, count('node.started'), attempt);
    expect(`ends of ${id}`, [count('node.completed'), count('node.retrying')], [1, attempt - 1]);
  }
  const waitsFor = new Map(shape.map(({ id, dependsOn }) => [id, dependsOn]));
  const over = new Set<string>();
  let atWork = 0;
  let most = 0;
  for (const { type, node } of events) {
    if (type === 'node.started') {
      const early = (waitsFor.get(node ?? '') ?? []).filter((id) => !over.has(id));
      expect(`what ${node} did not wait for`, early, []);
      atWork += 1;
    }
    if (type === 'node.completed' && node !== null) over.add(node);
    if (type === 'node.completed' || type === 'node.retrying') atWork -= 1;
    most = Math.max(most, atWork);
  }
  if (most > parallelism) wrong.push(`${most} were at work at once, and ${parallelism} may be`);
  const ends = events.filter(({ type }) => type === 'execution.completed').map(({ seq }) => seq);
  expect('where the end is told', ends, [eventSeq]);
  return wrong;
}

/** Each run has had its effect once in effect, which is what its key is for; one that was given up may have had it, or not. */
function judgeEffectsOf({ nodes, runs }: DagLedger, arrivals: readonly Arrival[]): string[] {
  const { wrong, expect } = comparison();
  const keysOf = Map.groupBy(arrivals, ({ body }) => body);
  const bodies = new Map(arrivals.map(({ key, body }) => [key, body]));
  for (const { id, attempt } of nodes) {
    const keys = new Set((keysOf.get(id) ?? []).map(({ key }) => key));
    if (keys.size < 1 || keys.size > attempt)
      wrong.push(`${id} has had ${keys.size} effects in ${attempt} attempts`);
  }
  const known = new Set(runs.flatMap(({ calls }) => calls));
  const strange = [...bodies.keys()].filter((key) => key === null || !known.has(key));
  expect('effects of nobody', strange, []);
  for (const { id, status, calls } of runs) {
    const effects = calls.filter((call) => bodies.has(call)).length;
    if (status === 'completed') expect(`effects of ${id}`, effects, 1);
  }
  return wrong;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
