import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Cloud } from '../../support/cloud.ts';
import { comparison } from '../comparison.ts';
import type { Arrival } from '../effects/web.ts';
import type { DagPlan } from './plan.ts';

/** How long those below a run that was cancelled may be at it: a moment, or until the sweeper has come by and leases are over. */
const MOMENT_MS = 2_000;
const LONG_MS = 300_000;

const familySchema = z.object({
  status: z.string(),
  parents: z.array(
    z.object({
      id: z.string(),
      status: z.string(),
      children: z.number(),
      isJoined: z.boolean(),
      executionId: z.string().nullable(),
      cost: z.number(),
      waits: z.number(),
      executions: z.array(z.object({ status: z.string(), isLeft: z.boolean(), nodes: z.array(z.string()) })),
      runs: z.array(
        z.object({
          id: z.string(),
          status: z.string(),
          cost: z.number(),
          calls: z.array(z.string()),
          isLate: z.boolean(),
          workedMs: z.number(),
        }),
      ),
    }),
  ),
});
type Parent = z.infer<typeof familySchema>['parents'][number];

/** What is wrong with runs that delegate, and with those that they delegated to, when all of them have had their time. */
export async function judgeFamily(
  cloud: Cloud,
  name: string,
  { nodes: count, cancelAt, isPlain }: DagPlan,
  arrivals: readonly Arrival[],
): Promise<{ wrong: string[]; attempts: number }> {
  const { wrong, expect } = comparison();
  const family = await readFamily(cloud, name);
  if (!family) return { wrong: ['there is no execution'], attempts: 0 };
  const { status, parents } = family;
  const effects = new Map(arrivals.map(({ key, body }) => [key, body]));
  if (cancelAt === null) expect('the execution', status, 'completed');
  else if (status !== 'cancelled' && (isPlain || status !== 'completed'))
    wrong.push(`the execution is ${status}`);
  for (const parent of parents) {
    judgeParent(parent, count, expect);
    for (const run of parent.runs) {
      const had = run.calls.filter((call) => effects.has(call)).length;
      if (run.status === 'completed') expect(`effects of ${run.id}`, had, 1);
      else if (had > 1) wrong.push(`${run.id} has had ${had} effects`);
      if (parent.status !== 'cancelled') continue;
      if (run.isLate) wrong.push(`${run.id} was made although ${parent.id} had ended`);
      if (run.workedMs > (isPlain ? MOMENT_MS : LONG_MS)) {
        wrong.push(`${run.id} was at it ${run.workedMs / 1000} s after ${parent.id} had ended`);
      }
    }
  }
  const known = new Set(parents.flatMap(({ runs }) => runs.flatMap(({ calls }) => calls)));
  expect(
    'effects of nobody',
    [...effects.keys()].filter((key) => key === null || !known.has(key)),
    [],
  );
  return { wrong, attempts: parents.length };
}

function judgeParent(parent: Parent, count: number, expect: ReturnType<typeof comparison>['expect']): void {
  const { id, status, executions, runs } = parent;
  const open = (one: { status: string }) => !['completed', 'failed', 'cancelled'].includes(one.status);
  expect(`${id} has ended`, open({ status }), false);
  expect(`how often sub-agents of ${id} were made`, executions.length, parent.children === 0 ? 0 : 1);
  expect(`how often ${id} waited for them`, parent.waits, executions.length);
  expect(`what is left open below ${id}`, [...executions, ...runs].filter(open), []);
  expect(
    `what the sweeper is to look at below ${id}`,
    executions.filter(({ isLeft }) => isLeft),
    [],
  );
  if (runs.length > count) expect(`sub-agents of ${id}`, runs.length, count);
  if (status !== 'completed') return;
  expect(`what ${id} still waits for`, [parent.executionId, parent.isJoined], [null, false]);
  expect(`sub-agents of ${id}`, [parent.children, runs.length], [count, count]);
  const over = (executions[0]?.nodes ?? []).filter((node) =>
    ['completed', 'failed', 'cancelled'].includes(node),
  );
  expect(`those of ${id} that were over`, over.length, count);
  expect(
    `what they cost ${id}`,
    parent.cost,
    runs.reduce((sum, { cost }) => sum + cost, 0),
  );
}

async function readFamily(cloud: Cloud, name: string): Promise<z.infer<typeof familySchema> | null> {
  const { rows } = await cloud.db.execute(sql`SELECT x.status, (SELECT COALESCE(jsonb_agg(jsonb_build_object(
      'id', p.id, 'status', p.status, 'children', p.children, 'isJoined', p.child_joined, 'executionId', p.child_execution_id,
      'cost', p.delegated_micro_usd,
      'waits', (SELECT count(*) FROM run_events v WHERE v.run_id = p.id AND v.type = 'run.waiting' AND v.data ->> 'waitingFor' = 'child'),
      'executions', (SELECT COALESCE(jsonb_agg(jsonb_build_object('status', e.status, 'isLeft', e.sweep_after IS NOT NULL,
          'nodes', (SELECT jsonb_agg(n.status) FROM dag_nodes n WHERE n.execution_id = e.id))), '[]')
        FROM dag_executions e WHERE e.parent_run_id = p.id),
      'runs', (SELECT COALESCE(jsonb_agg(jsonb_build_object('id', c.id, 'status', c.status, 'cost', c.cost_micro_usd,
          'calls', (SELECT COALESCE(jsonb_agg(t.id), '[]') FROM tool_calls t WHERE t.run_id = c.id),
          'isLate', COALESCE(c.created_at > p.finished_at, false),
          'workedMs', COALESCE(EXTRACT(EPOCH FROM c.finished_at - p.finished_at) * 1000, 0))), '[]')
        FROM runs c WHERE c.delegated_by = p.id))), '[]')
    FROM runs p WHERE p.dag_execution_id = x.id) AS parents FROM dag_executions x WHERE x.name = ${name}::text`);
  return rows[0] ? familySchema.parse(rows[0]) : null;
}
