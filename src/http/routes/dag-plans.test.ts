import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { driveExecution, planningRun } from '../../../test/support/dags.ts';
import { deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';

const { cloud, api, token, stranger } = await openApi();

/** Asks for a plan and delivers its run to its end. */
async function plan(body: object, headers = {}) {
  const begun = await api.post('/create-dag', { waitSeconds: 0, ...body }, { token, headers });
  if (begun.status !== 202) return begun;
  await deliverUntilRest(cloud, begun.body.id);
  return api.get(`/dag-plans/${begun.body.id}`, { token });
}

const submit = (input: object) => ({ calls: [{ name: 'submit_dag', input }] });
const NODE = { id: 'look', task: 'Look around.' };
const BAD = { name: 'Bad', nodes: [{ ...NODE, dependsOn: ['nobody'] }] };
const GOOD = { name: 'Good', nodes: [NODE] };

describe('POST /create-dag', () => {
  it('answers with the DAG that the model planned, once there is one', async () => {
    const asked = api.post('/create-dag', { goal: 'Add a DELETE endpoint and document it' }, { token });
    const runId = await planningRun(cloud, 'Add a DELETE endpoint and document it');
    await deliverUntilRest(cloud, runId);
    const { status, body, headers } = await asked;
    expect(status).toBe(201);
    expect(body).toMatchObject({
      goal: 'Add a DELETE endpoint and document it',
      nodes: [
        { id: 'add_delete_endpoint', task: 'Add a DELETE endpoint.' },
        { id: 'document', dependsOn: ['add_delete_endpoint'] },
      ],
    });
    expect(headers.get('location')).toBe(`/api/v1/dags/${body.id}`);
    expect((await api.get(`/dags/${body.id}`, { token })).body).toEqual(body);
    expect((await api.get(`/dag-plans/${runId}`, { token })).body).toMatchObject({
      status: 'completed',
      dagId: body.id,
      error: null,
      problems: [],
    });
  });

  it('gives a DAG that executes like one written by hand', async () => {
    const { body } = await plan({ goal: 'Count the files, list the tests and then compare them' });
    const execution = await api.post('/execute-dag', { dagId: body.dagId }, { token });
    await driveExecution(cloud, execution.body.id);
    const after = await api.get(`/dag-executions/${execution.body.id}`, { token });
    expect(after.body).toMatchObject({ status: 'completed', nodes: { completed: 4 } });
  });

  it('gives a plan back to the model until it can be executed', async () => {
    const { body } = await plan({ goal: 'Test the API and test the API' });
    expect(body).toMatchObject({ status: 'completed', problems: [] });
    const dag = await api.get(`/dags/${body.dagId}`, { token });
    expect(dag.body.nodes.map(({ id }: { id: string }) => id)).toEqual(['test_api_1', 'test_api_2']);
    const { body: run } = await api.get(`/runs/${body.id}`, { token });
    expect(run).toMatchObject({
      stepCount: 2,
      result: { summary: 'Planned "Test the API and test the API": 2 nodes.' },
    });
  });

  it('gives up after two, and says what was wrong with the last plan', async () => {
    const goal = 'Use the tool frobnicate';
    const { body } = await plan({ goal }, { 'idempotency-key': 'frobnicate' });
    expect(body).toMatchObject({
      status: 'failed',
      dagId: null,
      error: { code: 'planInvalid', message: expect.stringContaining('"frobnicate" is no tool') },
      problems: [{ field: 'nodes.0.tool', message: expect.stringContaining('is no tool') }],
    });
    expect((await api.get(`/runs/${body.id}`, { token })).body).toMatchObject({ stepCount: 3 });
    const again = api.post('/create-dag', { goal: `${goal}!` }, { token });
    await deliverUntilRest(cloud, await planningRun(cloud, `${goal}!`));
    expect(await again).toMatchObject({
      status: 422,
      body: { code: 'planInvalid', errors: [{ field: 'nodes.0.tool' }] },
    });
  });

  it('takes a third plan that is good, and no fourth', async () => {
    const third = await plan({ goal: scriptOf(submit(BAD), submit({ nodes: [] }), submit(GOOD)) });
    expect(third.body).toMatchObject({ status: 'completed' });
    const fourth = await plan({ goal: scriptOf(submit(BAD), submit(BAD), submit(BAD), submit(GOOD)) });
    expect(fourth.body).toMatchObject({ status: 'failed', dagId: null, error: { code: 'planInvalid' } });
  });

  it('takes words for a refusal, with their reason', async () => {
    const { body } = await plan({ goal: scriptOf({ text: 'I do not know which API you mean.' }) });
    expect(body.error).toEqual({
      code: 'planInvalid',
      message: 'The model gave no plan. I do not know which API you mean.',
    });
  });

  it('lets a run that planned in vain be retried, which is a plan of its own', async () => {
    const { body } = await plan({ goal: scriptOf({ text: 'Which?' }) });
    const retried = await api.post(`/runs/${body.id}/retry`, undefined, { token });
    expect(retried.status).toBe(201);
    await deliverUntilRest(cloud, retried.body.id);
    expect((await api.get(`/dag-plans/${retried.body.id}`, { token })).body).toMatchObject({
      goal: body.goal,
      status: 'failed',
    });
  });

  it('makes given parameters parameters of the DAG, and the given agent its agent', async () => {
    const agent = await api.post('/agents', { name: 'Worker', repository: 'demo/todo-api' }, { token });
    const goal = scriptOf(
      submit({
        name: 'With a topic',
        params: { topic: { description: 'What it is about' } },
        nodes: [{ id: 'look', task: 'Look at {{params.topic}} of {{params.depth}}.' }],
      }),
    );
    const { body } = await plan({ goal, agent: agent.body.id, params: { topic: 'tests', depth: 2 } });
    expect((await api.get(`/dags/${body.dagId}`, { token })).body).toMatchObject({
      agentId: agent.body.id,
      goal,
      params: { topic: { description: 'What it is about', default: 'tests' }, depth: { default: 2 } },
    });
  });

  it('finds the same plan and DAG under the same Idempotency-Key', async () => {
    const as = { token, headers: { 'idempotency-key': 'plan-once' } };
    const body = { goal: 'Read the code', waitSeconds: 0 };
    const [first, second] = [
      await api.post('/create-dag', body, as),
      await api.post('/create-dag', body, as),
    ];
    expect(second.body).toEqual(first.body);
    await deliverUntilRest(cloud, first.body.id);
    const { rows } = await cloud.db.execute(
      sql`SELECT id FROM dags WHERE definition ->> 'goal' = 'Read the code'`,
    );
    expect(rows).toHaveLength(1);
  });

  it('keeps nothing of a plan that was cancelled', async () => {
    const begun = await api.post('/create-dag', { goal: 'Never mind', waitSeconds: 0 }, { token });
    await api.post(`/runs/${begun.body.id}/cancel`, undefined, { token });
    expect((await api.get(`/dag-plans/${begun.body.id}`, { token })).body).toMatchObject({
      status: 'cancelled',
      dagId: null,
    });
  });

  it('hides who plans from the lists, and its plans from strangers', async () => {
    const { body } = await plan({ goal: 'Hide' });
    const [agents, runs] = await Promise.all([api.get('/agents', { token }), api.get('/runs', { token })]);
    expect(JSON.stringify([agents.body, runs.body])).not.toContain(body.agentId);
    expect((await api.get(`/dag-plans/${body.id}`, { token: stranger })).status).toBe(404);
  });

  it('refuses an agent that is not there, and its tool for other agents', async () => {
    const unknown = await api.post('/create-dag', { goal: 'x', agent: 'agent_none' }, { token });
    expect(unknown).toMatchObject({ status: 400, body: { errors: [{ field: 'body.agent' }] } });
    const named = await api.post('/agents', { tools: ['submit_dag'] }, { token });
    expect(named).toMatchObject({ status: 400, body: { errors: [{ field: 'body.tools.0' }] } });
  });
});
