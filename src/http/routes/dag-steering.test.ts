import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { agent, dagEventTypes, dagsOver, failing, failingParams, plan } from '../../../test/support/dags.ts';

const opened = await openApi();
const { cloud, api, token } = opened;
const { execute, finish } = dagsOver(opened);

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
        params: failingParams,
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
