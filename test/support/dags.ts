import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { advance } from '../../src/engine/advance.ts';
import type { TestApi } from './api.ts';
import type { Cloud } from './cloud.ts';
import { scriptOf } from './deliver.ts';

/** A task whose agent says this and is done. */
export const script = (text: string) => scriptOf({ text });

/** A node whose agent says this. */
export const agent = (id: string, text: string, more: object = {}) => ({ id, task: script(text), ...more });

/** A node that calls a tool. */
export const plan = (id: string, title: string, more: object = {}) => ({
  id,
  tool: 'update_plan',
  input: { steps: [{ title, status: 'done' }] },
  ...more,
});

/** A node that fails, in a DAG with `failingParams`: nobody sees what is wrong with it before it is called. */
export const failing = (id: string, more: object = {}) => ({
  id,
  tool: 'http_request',
  input: { method: 'GET', url: '{{params.url}}' },
  ...more,
});
export const failingParams = { url: { default: 'https://127.0.0.1/' } };

/** Executes DAGs through the API. */
export function dagsOver({ cloud, api, token }: TestApi) {
  async function look(id: string) {
    const { body } = await api.get(`/dag-executions/${id}`, { token });
    const { body: steps } = await api.get(`/dag-executions/${id}/sub-steps?limit=100`, { token });
    const nodes: Record<string, string> = {};
    for (const { nodeId, status } of steps.data) nodes[nodeId] = status;
    return { status: body.status, nodes, execution: body, steps: steps.data };
  }
  return {
    look,
    async execute(dag: object, more: object = {}) {
      const asked = { dag: { name: 'Job', ...dag }, ...more };
      const { status, body } = await api.post('/execute-dag', asked, { token });
      expect(status, JSON.stringify(body)).toBe(202);
      return String(body.id);
    },
    /** Delivers what there is to deliver, and looks. */
    async finish(id: string) {
      await driveExecution(cloud, id);
      return look(id);
    },
  };
}

/** Delivers what is due of an execution's runs, one after another, until none is queued. */
export async function driveExecution(cloud: Cloud, executionId: string): Promise<void> {
  for (let round = 0; round < 2_000; round++) {
    const { rows } = await cloud.db.execute<{ id: string; dispatch_no: number }>(
      sql`SELECT id, dispatch_no FROM runs WHERE dag_execution_id = ${executionId}::text AND status = 'queued' ORDER BY id LIMIT 1`,
    );
    const run = rows[0];
    if (!run) return;
    await advance(cloud.context.engine, { runId: run.id, dispatchNo: run.dispatch_no });
  }
  throw new Error(`${executionId} does not come to rest`);
}

/** The types of an execution's events, in order; throws when their numbers have a gap. */
export async function dagEventTypes({ db }: Pick<Cloud, 'db'>, executionId: string): Promise<string[]> {
  const { rows } = await db.execute<{ seq: number; type: string; node_id: string | null }>(
    sql`SELECT seq, type, node_id FROM dag_events WHERE execution_id = ${executionId}::text ORDER BY seq`,
  );
  rows.forEach(({ seq }, index) => {
    if (seq !== index + 1) throw new Error(`event ${index + 1} of ${executionId} is numbered ${seq}`);
  });
  return rows.map(({ type, node_id }) => (node_id === null ? type : `${node_id} ${type}`));
}

/** The run that plans for a goal, once somebody has asked for it. */
export async function planningRun({ db }: Pick<Cloud, 'db'>, goal: string): Promise<string> {
  for (let look = 0; look < 500; look++) {
    const { rows } = await db.execute<{ id: string }>(
      sql`SELECT id FROM runs WHERE prompt = ${goal}::text AND planning IS NOT NULL AND status = 'queued'`,
    );
    const id = rows[0]?.id;
    if (id) return id;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`nobody plans: ${goal}`);
}
