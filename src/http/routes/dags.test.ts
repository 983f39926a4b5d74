import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { agent, dagsOver } from '../../../test/support/dags.ts';

const opened = await openApi();
const { api, token } = opened;
const { finish } = dagsOver(opened);

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
