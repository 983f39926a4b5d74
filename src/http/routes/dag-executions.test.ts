import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import {
  agent,
  dagEventTypes,
  dagsOver,
  failing,
  failingParams,
  plan,
  script,
} from '../../../test/support/dags.ts';
import { scriptOf } from '../../../test/support/deliver.ts';

const opened = await openApi();
const { cloud, api, token } = opened;
const { execute, finish, look } = dagsOver(opened);

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
        { id: 'left', task: script('left of {{nodes.top.output.count}} {{params.what}}') },
        { id: 'right', task: script('right of {{nodes.top.output.list.1}}') },
        { id: 'join', task: script('{{nodes.left.output}} and {{nodes.right.output}}') },
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
      nodes: [plan('note', 'Look'), { id: 'next', task: script('said: {{nodes.note.output}}') }],
    });
    const { status, steps } = await finish(id);
    expect(status).toBe('completed');
    expect(steps[0]).toMatchObject({ kind: 'tool', status: 'completed' });
    expect(steps[0].runs[0]).toMatchObject({ status: 'completed', costUsd: 0 });
  });

  it('holds an agent to what its node is to give, and others use that as data', async () => {
    const outputSchema = {
      type: 'object',
      properties: { issues: { type: 'array', items: { type: 'integer' } }, kind: { type: 'string' } },
      required: ['issues'],
    };
    const task = scriptOf(
      { calls: [{ name: 'submit_result', input: { issues: 'none' } }] },
      { calls: [{ name: 'submit_result', input: { issues: [7, 8], kind: 'bug' } }] },
      { text: 'Two of them.' },
    );
    const id = await execute({
      nodes: [
        { id: 'look', task, outputSchema },
        { id: 'tell', task: script('{{nodes.look.output.kind}}: {{nodes.look.output.issues}}') },
        {
          ...plan('more', 'of {{nodes.look.output.kind}}'),
          when: { ref: 'nodes.look.output.kind', equals: 'bug' },
        },
      ],
    });
    const { status, steps } = await finish(id);
    expect(status).toBe('completed');
    expect(steps[0].output).toEqual({ text: 'Two of them.', value: { issues: [7, 8], kind: 'bug' } });
    expect(steps[1].output.text).toBe('bug: [7,8]');
    expect((await api.get(`/runs/${steps[0].runId}`, { token })).body.outputSchema).toEqual(outputSchema);
  });

  it('fails a node whose agent gives nothing that fits', async () => {
    const task = scriptOf({ text: 'Nothing.' }, { text: 'Nothing.' }, { text: 'Nothing.' });
    const id = await execute({ nodes: [{ id: 'look', task, outputSchema: { type: 'object' } }] });
    const { status, steps } = await finish(id);
    expect([status, steps[0].error.code]).toEqual(['failed', 'resultMissing']);
  });

  it('is not begun where the schema of a node is none, or a tool has one', async () => {
    const refused = async (node: object) =>
      (await api.post('/execute-dag', { dag: { name: 'Job', nodes: [node] } }, { token })).body.errors;
    expect(
      await refused(agent('a', 'x', { outputSchema: { properties: { b: { type: 'int' } } } })),
    ).toMatchObject([{ field: 'body.dag.nodes.0.outputSchema.properties.b.type' }]);
    expect(await refused(plan('a', 'x', { outputSchema: { type: 'object' } }))).toMatchObject([
      { field: 'body.dag.nodes.0.outputSchema' },
    ]);
  });

  it('is not among agents and runs, but is found there by its id', async () => {
    const id = await execute({ nodes: [agent('a', 'done')] });
    await finish(id);
    const { body: runs } = await api.get('/runs?limit=100', { token });
    expect(runs.data.filter(({ prompt }: { prompt: string }) => prompt === script('done'))).toEqual([]);
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

describe('a failure', () => {
  it('ends the execution, and what has not begun does not begin', async () => {
    const id = await execute({
      parallelism: 2,
      params: failingParams,
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
      params: failingParams,
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
    const id = await execute({ params: failingParams, nodes: [failing('bad', { retries: 2 })] });
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
          { id: 'join', task: script('[{{nodes.quick.output}}{{nodes.slow.output}}]') },
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
