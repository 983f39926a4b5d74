import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { dagEventTypes, driveExecution } from '../../../test/support/dags.ts';
import { scriptOf } from '../../../test/support/deliver.ts';

const { cloud, api, token } = await openApi();

const say = (text: string) => scriptOf({ text });
const agent = (id: string, text: string, more: object = {}) => ({ id, task: say(text), ...more });
const plan = (id: string, title: string, more: object = {}) => ({
  id,
  tool: 'update_plan',
  input: { steps: [{ title, status: 'done' }] },
  ...more,
});

async function execute(dag: object, more: object = {}) {
  const { status, body } = await api.post(
    '/execute-dag',
    { dag: { name: 'Job', ...dag }, ...more },
    { token },
  );
  expect(status, JSON.stringify(body)).toBe(202);
  return String(body.id);
}

async function finish(id: string) {
  await driveExecution(cloud, id);
  return look(id);
}

async function look(id: string) {
  const { body } = await api.get(`/dag-executions/${id}`, { token });
  const { body: steps } = await api.get(`/dag-executions/${id}/sub-steps?limit=100`, { token });
  const nodes: Record<string, string> = {};
  for (const { nodeId, status } of steps.data) nodes[nodeId] = status;
  return { status: body.status, nodes, execution: body, steps: steps.data };
}

describe('an execution', () => {
  it('has nodes that fall back as their agent does', async () => {
    const fallbacks = [{ provider: 'ollama', model: 'qwen3-coder' }];
    const { body: made } = await api.post('/agents', { fallbacks }, { token });
    cloud.fetches.intercept = (service, _request, send) =>
      service === 'model' ? Promise.resolve(new Response(null, { status: 503 })) : send();
    const { status, steps } = await finish(
      await execute({ agentId: made.id, nodes: [agent('only', 'Over.')] }),
    );
    expect(status).toBe('completed');
    const { body } = await api.get(`/runs/${steps[0].runId}/steps`, { token });
    expect(body.data[0]).toMatchObject({ provider: 'ollama', model: 'qwen3-coder' });
    expect((await api.delete(`/agents/${made.id}`, { token })).status).toBe(204);
  });

  it('runs a diamond: side by side where it can, and the join once, with what the others gave', async () => {
    const id = await execute({
      params: { what: { default: 'tests' } },
      nodes: [
        agent('top', '{"count": 2, "list": ["a", "b"]}'),
        { id: 'left', task: say('left of {{nodes.top.output.count}} {{params.what}}') },
        { id: 'right', task: say('right of {{nodes.top.output.list.1}}') },
        { id: 'join', task: say('{{nodes.left.output}} and {{nodes.right.output}}') },
      ],
    });
    const { status, nodes, steps, execution } = await finish(id);
    expect({ status, nodes }).toEqual({
      status: 'completed',
      nodes: { top: 'completed', left: 'completed', right: 'completed', join: 'completed' },
    });
    expect(steps[3]).toMatchObject({
      output: { text: 'left of 2 tests and right of b' },
      dependsOn: ['left', 'right'],
      attempt: 1,
    });
    expect(steps[3].runs).toHaveLength(1);
    expect(execution.costUsd).toBeGreaterThan(0);
    const types = await dagEventTypes(cloud, id);
    expect(types.slice(0, 4)).toEqual([
      'execution.queued',
      'top node.started',
      'execution.started',
      'top run.queued',
    ]);
    expect(types.filter((type) => type === 'join node.started')).toHaveLength(1);
    expect(types.at(-2)).toBe('join node.completed');
    expect(types.at(-1)).toBe('execution.completed');
  });

  it('calls a tool as a run that costs nothing, and gives its result as data', async () => {
    const id = await execute({
      nodes: [plan('note', 'Look'), { id: 'next', task: say('said: {{nodes.note.output}}') }],
    });
    const { status, steps } = await finish(id);
    expect(status).toBe('completed');
    expect(steps[0]).toMatchObject({ kind: 'tool', status: 'completed' });
    expect(steps[0].runs[0]).toMatchObject({ status: 'completed', costUsd: 0 });
  });

  it('is not among agents and runs, but is found there by its id', async () => {
    const id = await execute({ nodes: [agent('a', 'done')] });
    await finish(id);
    const { body: runs } = await api.get('/runs?limit=100', { token });
    expect(runs.data.filter(({ prompt }: { prompt: string }) => prompt === say('done'))).toEqual([]);
    const { body: agents } = await api.get('/agents?limit=100', { token });
    expect(agents.data).toEqual([]);
    const { body: ofIt } = await api.get(`/runs?dagExecutionId=${id}`, { token });
    expect(ofIt.data).toHaveLength(1);
    const { body: workers } = await api.get(`/agents?dagExecutionId=${id}`, { token });
    expect(workers.data).toMatchObject([{ status: 'archived', name: 'Job: a' }]);
  });

  it('holds no more nodes at work than it may', async () => {
    const id = await execute({
      parallelism: 2,
      nodes: ['a', 'b', 'c', 'd'].map((name) => agent(name, name)),
    });
    expect((await look(id)).nodes).toEqual({ a: 'running', b: 'running', c: 'queued', d: 'queued' });
    expect((await finish(id)).status).toBe('completed');
  });
});

const params = { url: { default: 'https://127.0.0.1/' } };
const failing = (id: string, more: object = {}) => ({
  id,
  // Nobody sees what is wrong with it before it is called.
  tool: 'http_request',
  input: { method: 'GET', url: '{{params.url}}' },
  ...more,
});

describe('a failure', () => {
  it('ends the execution, and what has not begun does not begin', async () => {
    const id = await execute({
      parallelism: 2,
      params,
      nodes: [
        failing('bad'),
        agent('good', 'x'),
        agent('later', 'y'),
        agent('last', 'z', { dependsOn: ['bad'] }),
      ],
    });
    const { status, nodes, steps } = await finish(id);
    expect({ status, nodes }).toEqual({
      status: 'failed',
      nodes: {
        bad: 'failed',
        good: expect.stringMatching(/completed|cancelled/),
        later: 'cancelled',
        last: 'cancelled',
      },
    });
    expect(steps[0].error).toMatchObject({ code: 'toolFailed' });
  });

  it('keeps only what depends on it from running, where others are to continue', async () => {
    const id = await execute({
      onFailure: 'continue',
      params,
      nodes: [
        failing('bad'),
        agent('good', 'x'),
        agent('child', 'y', { dependsOn: ['bad'] }),
        agent('grandchild', 'z', { dependsOn: ['child', 'good'] }),
        agent('free', 'w', { dependsOn: ['good'] }),
      ],
    });
    const { status, nodes } = await finish(id);
    expect({ status, nodes }).toEqual({
      status: 'failed',
      nodes: { bad: 'failed', good: 'completed', child: 'skipped', grandchild: 'skipped', free: 'completed' },
    });
  });

  it('is tried again as often as it may be', async () => {
    const id = await execute({ params, nodes: [failing('bad', { retries: 2 })] });
    const { status, steps } = await finish(id);
    expect(status).toBe('failed');
    expect(steps[0]).toMatchObject({ attempt: 3, status: 'failed' });
    expect(steps[0].runs).toHaveLength(3);
    expect((await dagEventTypes(cloud, id)).filter((type) => type === 'bad node.retrying')).toHaveLength(2);
  });

  it('is that of a reference to something that is not there', async () => {
    const id = await execute({
      nodes: [agent('a', 'only text'), { id: 'b', task: 'Take {{nodes.a.output.missing}}' }],
    });
    const { status, steps } = await finish(id);
    expect(status).toBe('failed');
    expect(steps[1]).toMatchObject({
      status: 'failed',
      attempt: 0,
      error: { code: 'referenceUnresolved', message: '{{nodes.a.output.missing}} does not resolve.' },
    });
  });
});

describe('a condition', () => {
  it('chooses a branch; the join goes on with the one that ran', async () => {
    const id = await execute(
      {
        params: { mode: {} },
        nodes: [
          agent('ask', '{"fast": true}'),
          agent('quick', 'q', { when: { ref: 'nodes.ask.output.fast', equals: true } }),
          agent('slow', 's', { when: { not: { ref: 'nodes.ask.output.fast', equals: true } } }),
          agent('after', 'never', { dependsOn: ['slow'] }),
          { id: 'join', task: say('[{{nodes.quick.output}}{{nodes.slow.output}}]') },
          agent('mode', 'm', { when: { all: [{ ref: 'params.mode', in: ['a', 'b'] }] } }),
        ],
      },
      { params: { mode: 'b' } },
    );
    const { status, nodes, steps } = await finish(id);
    expect({ status, nodes }).toEqual({
      status: 'completed',
      nodes: {
        ask: 'completed',
        quick: 'completed',
        slow: 'skipped',
        after: 'skipped',
        join: 'completed',
        mode: 'completed',
      },
    });
    expect(steps[4].output.text).toBe('[q]');
  });
});

describe('a request', () => {
  const refusal = async (dag: object, more: object = {}) => {
    const { status, body } = await api.post(
      '/execute-dag',
      { dag: { name: 'Job', ...dag }, ...more },
      { token },
    );
    expect(status).toBe(400);
    return body.errors;
  };

  it('is told each thing that is wrong with a DAG, and where', async () => {
    expect(
      await refusal({
        agentId: 'agent_nobody',
        nodes: [
          { id: 'a', task: 'x', dependsOn: ['b'] },
          { id: 'b', task: '{{nodes.c.output}}' },
          { id: 'c', task: '{{ nodes.a.output }} {{params.no}}' },
          { id: 'c', tool: 'no_tool' },
        ],
      }),
    ).toEqual(
      expect.arrayContaining([
        { field: 'body.dag.nodes.3.id', message: '"c" is the id of nodes.2 too.' },
        { field: 'body.dag.nodes.2.task', message: 'There is no parameter "no" in params.' },
        { field: 'body.dag.agentId', message: 'There is no such agent.' },
        { field: 'body.dag.nodes.3.tool', message: '"no_tool" is no tool; see GET /tools.' },
      ]),
    );
    expect(
      await refusal({
        nodes: [
          { id: 'a', task: 'x', dependsOn: ['b'] },
          { id: 'b', task: '{{nodes.c.output}}' },
          { id: 'c', task: '{{ nodes.a.output }}' },
        ],
      }),
    ).toEqual([
      { field: 'body.dag.nodes.0.dependsOn', message: 'These wait for one another: a → b → c → a.' },
    ]);
  });

  it('is told which parameters are missing, and which are too many', async () => {
    const dag = { params: { a: {} }, nodes: [agent('x', '{{params.a}}')] };
    expect(await refusal(dag, { params: { b: 1 } })).toEqual([
      { field: 'body.params.b', message: 'The DAG has no such parameter.' },
      { field: 'body.params.a', message: 'It has no default: give it a value.' },
    ]);
  });

  it('that is repeated under its key begins nothing twice', async () => {
    const headers = { 'idempotency-key': 'once' };
    const body = { dag: { name: 'Once', nodes: [agent('a', 'x')] } };
    const [first, second] = [
      await api.post('/execute-dag', body, { token, headers }),
      await api.post('/execute-dag', body, { token, headers }),
    ];
    expect(second.body.id).toBe(first.body.id);
  });
});

describe('a DAG', () => {
  it('is kept, changed, executed, and deleted when no execution of it is left', async () => {
    const { body: dag } = await api.post('/dags', { name: 'Kept', nodes: [agent('a', 'x')] }, { token });
    const changed = await api.patch(`/dags/${dag.id}`, { name: 'Renamed' }, { token });
    expect(changed.body).toMatchObject({ name: 'Renamed', nodes: dag.nodes });
    const { body: execution } = await api.post('/execute-dag', { dagId: dag.id }, { token });
    expect((await api.delete(`/dags/${dag.id}`, { token })).body).toMatchObject({ code: 'dagInUse' });
    const active = await api.delete(`/dag-executions/${execution.id}`, { token });
    expect(active.body).toMatchObject({ code: 'executionActive' });
    await finish(execution.id);
    expect((await api.delete(`/dag-executions/${execution.id}`, { token })).status).toBe(204);
    expect((await api.delete(`/dags/${dag.id}`, { token })).status).toBe(204);
    expect((await api.get(`/dags/${dag.id}`, { token })).status).toBe(404);
  });
});

const control = async (id: string, action: string) =>
  api.post(action === 'resume' ? `/resume-dag/${id}` : `/dag-executions/${id}/${action}`, undefined, {
    token,
  });

describe('steering', () => {
  it('cancels what has begun and what has not', async () => {
    const id = await execute({
      parallelism: 1,
      nodes: [agent('a', 'x'), agent('b', 'y'), agent('c', 'z', { dependsOn: ['b'] })],
    });
    expect((await control(id, 'cancel')).body).toMatchObject({
      status: 'cancelled',
      nodes: { cancelled: 3 },
    });
    expect((await finish(id)).nodes).toEqual({ a: 'cancelled', b: 'cancelled', c: 'cancelled' });
    expect((await control(id, 'cancel')).body).toMatchObject({ status: 'cancelled' });
    expect((await control(id, 'resume')).body).toMatchObject({ code: 'executionEnded' });
  });

  it('suspends an execution with its runs, and lets them go on', async () => {
    const id = await execute({ parallelism: 1, nodes: [agent('a', 'x'), agent('b', 'y')] });
    expect((await control(id, 'pause')).body).toMatchObject({
      status: 'suspended',
      nodes: { waiting: 1, queued: 1 },
    });
    expect((await finish(id)).status).toBe('suspended');
    expect((await control(id, 'resume')).body).toMatchObject({ status: 'running' });
    expect((await finish(id)).status).toBe('completed');
    const types = await dagEventTypes(cloud, id);
    expect(types.filter((type) => type.startsWith('execution.'))).toEqual([
      'execution.queued',
      'execution.started',
      'execution.suspended',
      'execution.resumed',
      'execution.completed',
    ]);
  });

  it('takes a failed execution up where it failed, and repeats nothing that completed', async () => {
    const { body: dag } = await api.post(
      '/dags',
      {
        name: 'Mended',
        params,
        nodes: [
          agent('a', 'x'),
          { ...failing('bad'), dependsOn: ['a'] },
          agent('c', 'z', { dependsOn: ['bad'] }),
        ],
      },
      { token },
    );
    const { body } = await api.post('/execute-dag', { dagId: dag.id }, { token });
    const before = await finish(body.id);
    expect(before).toMatchObject({
      status: 'failed',
      nodes: { a: 'completed', bad: 'failed', c: 'cancelled' },
    });
    expect((await control(body.id, 'resume')).body).toMatchObject({ status: 'running', resumes: 1 });
    const after = await finish(body.id);
    expect(after.nodes).toEqual({ a: 'completed', bad: 'failed', c: 'cancelled' });
    expect(after.steps[0].runs).toHaveLength(1);
    expect(after.steps[1].runs).toHaveLength(2);
  });

  it('waits for approvals inside a node, and goes on with the decision', async () => {
    const { body: template } = await api.post('/agents', { policies: { update_plan: 'ask' } }, { token });
    const id = await execute({
      agentId: template.id,
      nodes: [plan('note', 'Look'), agent('b', 'y', { dependsOn: ['note'] })],
    });
    expect(await finish(id)).toMatchObject({ status: 'waiting', nodes: { note: 'waiting', b: 'pending' } });
    const { body: approvals } = await api.get('/approvals', { token });
    await api.post(`/approvals/${approvals.data[0].id}`, { decision: 'allow' }, { token });
    expect(await finish(id)).toMatchObject({ status: 'completed' });
  });
});

describe('a stream', () => {
  it('tells all nodes in one order, and goes on behind the last number', async () => {
    const id = await execute({ nodes: [agent('a', 'x'), agent('b', 'y', { dependsOn: ['a'] })] });
    await finish(id);
    const read = async (after: number) => {
      const response = await cloud.app.request(`/dag-executions/${id}/events?after=${after}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return { status: response.status, text: await response.text() };
    };
    const types = (await dagEventTypes(cloud, id)).map((type) => type.split(' ').at(-1));
    const { text } = await read(0);
    expect(Array.from(text.matchAll(/^event: (.*)$/gm), ([, type]) => type)).toEqual(types);
    expect(Array.from(text.matchAll(/^id: (.*)$/gm), ([, at]) => Number(at))).toEqual(
      types.map((_, at) => at + 1),
    );
    expect(text).toContain('"nodeId":"b"');
    expect((await read(types.length - 1)).text).toContain('event: execution.completed');
    expect((await read(types.length)).status).toBe(204);
  });
});

describe('the cost of a node', () => {
  it('does not grow with the DAG: so many statements for each', async () => {
    const statements = async (length: number) => {
      const chain = Array.from({ length }, (_, at) =>
        plan(`n${at}`, 'Look', at === 0 ? {} : { dependsOn: [`n${at - 1}`] }),
      );
      const id = await execute({ nodes: chain });
      const before = cloud.fetches.log.length;
      expect((await finish(id)).status).toBe('completed');
      return cloud.fetches.log.slice(before).filter(({ service }) => service === 'neon').length;
    };
    const [short, long] = [await statements(2), await statements(6)];
    // To find the run is this test's own.
    expect((long - short) / 4 - 1).toBe(9);
  });
});
