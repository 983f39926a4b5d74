import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { dagEventTypes, driveExecution } from '../../../test/support/dags.ts';
import { flagExecution, settleExecution } from '../../store/dag/control.ts';
import { DAG_SPEECH } from './speech.ts';
import { sweepDags } from './sweep.ts';

const { cloud, api, token } = await openApi();

const plan = (id: string, more: object = {}) => ({
  id,
  tool: 'update_plan',
  input: { steps: [{ title: 'Look', status: 'done' }] },
  ...more,
});
const chainOf = (length: number) =>
  Array.from({ length }, (_, at) => plan(`n${at}`, at === 0 ? {} : { dependsOn: [`n${at - 1}`] }));
const sideBySide = (width: number) => Array.from({ length: width }, (_, at) => plan(`n${at}`));

async function execute(nodes: object[], more: object = {}) {
  const request = { dag: { name: 'Job', nodes, ...more } };
  const { status, body } = await api.post('/execute-dag', request, { token });
  expect(status, JSON.stringify(body)).toBe(202);
  return String(body.id);
}

const sweep = () => sweepDags(cloud.context.engine);

async function look(id: string) {
  const { body: execution } = await api.get(`/dag-executions/${id}`, { token });
  const { body: steps } = await api.get(`/dag-executions/${id}/sub-steps?limit=100`, { token });
  return { status: execution.status, steps: steps.data };
}

async function dueInSeconds(id: string): Promise<number> {
  const { rows } = await cloud.db.execute<{ due: number }>(
    sql`SELECT EXTRACT(EPOCH FROM sweep_after - engine_now())::float8 AS due FROM dag_executions WHERE id = ${id}::text`,
  );
  return rows[0]?.due ?? Number.NaN;
}

const timeIsUp = (id: string) =>
  cloud.db.execute(sql`UPDATE dag_nodes SET deadline_at = engine_now() - interval '1 second'
    WHERE execution_id = ${id}::text AND deadline_at IS NOT NULL`);

describe('a node with a timeout', () => {
  it('goes on while it has time left', async () => {
    const id = await execute([plan('a', { timeoutSeconds: 60 })]);
    await sweep();
    expect((await look(id)).steps[0]).toMatchObject({ status: 'running', attempt: 1 });
    await driveExecution(cloud, id);
    expect((await look(id)).status).toBe('completed');
  });

  it('fails when its time is up, and its run is cancelled', async () => {
    const id = await execute([plan('a', { timeoutSeconds: 60 }), plan('b', { dependsOn: ['a'] })]);
    await timeIsUp(id);
    await sweep();
    const { status, steps } = await look(id);
    expect(status).toBe('failed');
    expect(steps[0]).toMatchObject({ status: 'failed', error: { code: 'timeout' } });
    expect(steps[0].runs).toMatchObject([{ status: 'cancelled' }]);
    expect(steps[1]).toMatchObject({ status: 'cancelled' });
  });

  it('is tried again with all its time where it has retries left', async () => {
    const id = await execute([plan('a', { timeoutSeconds: 60, retries: 1 })]);
    await timeIsUp(id);
    await sweep();
    await sweep();
    expect((await look(id)).steps[0]).toMatchObject({ status: 'running', attempt: 2 });
    await driveExecution(cloud, id);
    expect((await look(id)).status).toBe('completed');
    expect((await dagEventTypes(cloud, id)).filter((type) => type === 'a node.retrying')).toHaveLength(1);
  });
});

describe('the sweeper', () => {
  it.each([
    ['cancel', 'cancelled'],
    ['pause', 'suspended'],
  ] as const)(
    'heeds within a minute a %s whose maker died, also of an execution that waits',
    async (flag, status) => {
      const { body: template } = await api.post('/agents', { policies: { update_plan: 'ask' } }, { token });
      const id = await execute([plan('a')], { agentId: template.id });
      await driveExecution(cloud, id);
      expect((await look(id)).status).toBe('waiting');
      expect(await dueInSeconds(id)).toBeGreaterThan(3_000);
      expect(await flagExecution(cloud.db, id, flag)).toBe(true);
      expect(await dueInSeconds(id)).toBeLessThanOrEqual(60);
      if (flag === 'pause') {
        // The next one does not live to pause its runs either.
        await settleExecution(cloud.db, id, DAG_SPEECH);
        expect((await look(id)).status).toBe('suspended');
        expect(await dueInSeconds(id)).toBeLessThanOrEqual(60);
      }
      await cloud.db.execute(
        sql`UPDATE dag_executions SET sweep_after = engine_now() WHERE id = ${id}::text`,
      );
      await sweep();
      const found = await look(id);
      expect([found.status, found.steps[0].runs[0].status]).toEqual([
        status,
        flag === 'cancel' ? 'cancelled' : 'paused',
      ]);
      if (flag === 'pause') expect(await dueInSeconds(id)).toBeGreaterThan(3_000);
    },
  );

  it('passes over all that stands behind a failure at once, however long the chain', async () => {
    const length = 320;
    const bad = { id: 'bad', tool: 'http_request', input: { method: 'GET', url: '{{params.url}}' } };
    const chain = chainOf(length).map((node, at) => (at === 0 ? { ...node, dependsOn: ['bad'] } : node));
    const params = { url: { default: 'https://127.0.0.1/' } };
    const id = await execute([bad, ...chain], { onFailure: 'continue', params });
    await driveExecution(cloud, id);
    // A worker does a part of it.
    expect((await look(id)).status).toBe('running');
    await cloud.db.execute(sql`UPDATE dag_executions SET sweep_after = engine_now() WHERE id = ${id}::text`);
    await sweep();
    const { body } = await api.get(`/dag-executions/${id}`, { token });
    expect(body).toMatchObject({ status: 'failed', nodes: { skipped: length } });
  }, 60_000);
});

describe('a refused execution', () => {
  it('leaves no DAG behind', async () => {
    const names = async () => {
      const { body } = await api.get('/dags?limit=100', { token });
      return body.data.map(({ name }: { name: string }) => name);
    };
    const dag = { name: 'Half', params: { a: {} }, nodes: [plan('x')] };
    expect((await api.post('/execute-dag', { dag }, { token })).status).toBe(400);
    expect(await names()).not.toContain('Half');
    expect((await api.post('/execute-dag', { dag, params: { a: 1 } }, { token })).status).toBe(202);
    expect(await names()).toContain('Half');
  });
});

describe('the statements of a node', () => {
  const statements = async (nodes: object[]) => {
    const id = await execute(nodes);
    const before = cloud.fetches.log.length;
    await driveExecution(cloud, id);
    expect((await look(id)).status).toBe('completed');
    return cloud.fetches.log.slice(before).filter(({ service }) => service === 'neon').length;
  };

  // To find the run is the test's own.
  it('are nine, in a chain of five as in one of twenty-five', async () => {
    const [short, long] = [await statements(chainOf(5)), await statements(chainOf(25))];
    expect((long - short) / 20 - 1).toBe(9);
  }, 60_000);

  it('are nine side by side, also where more wait for a slot than there are', async () => {
    const [few, many] = [await statements(sideBySide(12)), await statements(sideBySide(17))];
    expect((many - few) / 5 - 1).toBe(9);
  }, 60_000);
});
