import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliverUntilRest } from '../../../test/support/deliver.ts';
import { eventTypes } from '../../../test/support/runs.ts';

const { cloud, api, token, stranger } = await openApi();

/** An agent that is queued, with messages nobody has heard. */
async function agentTold(...texts: string[]) {
  const { body: agent } = await api.post('/agents', { prompt: 'What can you do?' }, { token });
  const ids: string[] = [];
  for (const text of texts) {
    ids.push((await api.post(`/agents/${agent.id}/messages`, { text }, { token })).body.id);
  }
  const [id = ''] = ids;
  return { path: `/agents/${agent.id}/messages`, agentId: agent.id, runId: agent.activeRun.id, id, ids };
}

describe('GET /agents/:id/messages', () => {
  it('lists them newest first, page by page, of one run or in one state', async () => {
    const { path, runId, ids } = await agentTold('One', 'Two', 'Three');
    await api.delete(`${path}/${ids[1]}`, { token });
    const first = await api.get(`${path}?limit=2`, { token });
    expect(first.body.data).toEqual([
      {
        id: ids[2],
        runId,
        deliver: 'now',
        seq: 3,
        text: 'Three',
        state: 'queued',
        createdAt: expect.any(String),
        deliveredStep: null,
        startedRunId: null,
      },
      expect.objectContaining({ id: ids[1], seq: 2, state: 'withdrawn' }),
    ]);
    const second = await api.get(`${path}?limit=2&cursor=${first.body.nextCursor}`, { token });
    expect(second.body).toMatchObject({ data: [{ id: ids[0], text: 'One' }], nextCursor: null });

    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect((await api.get(`${path}?state=delivered`, { token })).body.data).toMatchObject([
      { id: ids[2], deliveredStep: 1 },
      { id: ids[0], deliveredStep: 1 },
    ]);
    expect((await api.get(`${path}?state=withdrawn`, { token })).body.data).toMatchObject([
      { id: ids[1], deliveredStep: null },
    ]);
    expect((await api.get(`${path}?runId=${runId}`, { token })).body.data).toHaveLength(3);
    expect((await api.get(`${path}?runId=run_other`, { token })).body.data).toEqual([]);
  });

  it.each(['limit=0', 'state=lost', 'cursor=nonsense'])('refuses ?%s', async (query) => {
    const { path } = await agentTold();
    const { status, body } = await api.get(`${path}?${query}`, { token });
    expect([status, body.code]).toEqual([400, 'validationFailed']);
  });
});

describe('PATCH /agents/:id/messages/:messageId', () => {
  it('changes what has not been heard, and repeating it changes nothing', async () => {
    const { path, runId, id } = await agentTold('One');
    const edited = await api.patch(`${path}/${id}`, { text: ' Two ' }, { token });
    expect([edited.status, edited.body]).toMatchObject([200, { id, text: 'Two', state: 'queued' }]);
    expect(await api.patch(`${path}/${id}`, { text: 'Two' }, { token })).toMatchObject({ status: 200 });
    expect(await eventTypes(cloud.db, runId)).toEqual(['run.queued', 'message.received', 'message.edited']);
  });

  it('is refused once the message was heard, or withdrawn', async () => {
    const { path, runId, ids } = await agentTold('One', 'Two');
    await api.delete(`${path}/${ids[1]}`, { token });
    const gone = await api.patch(`${path}/${ids[1]}`, { text: 'Three' }, { token });
    expect([gone.status, gone.body.code]).toEqual([409, 'messageWithdrawn']);
    await deliverUntilRest(cloud, runId);
    const heard = await api.patch(`${path}/${ids[0]}`, { text: 'Three' }, { token });
    expect([heard.status, heard.body.code]).toEqual([409, 'messageDelivered']);
    expect((await eventTypes(cloud.db, runId)).at(-1)).toBe('run.completed');
  });

  it.each([{ text: '' }, { text: 'x'.repeat(100_001) }, {}, { text: 'One', seq: 2 }])(
    'refuses a body that is not a message',
    async (payload) => {
      const { path, id } = await agentTold('One');
      const { status, body } = await api.patch(`${path}/${id}`, payload, { token });
      expect([status, body.code]).toEqual([400, 'validationFailed']);
    },
  );
});

describe('DELETE /agents/:id/messages/:messageId', () => {
  it('takes back what has not been heard, and repeating it changes nothing', async () => {
    const { path, runId, id } = await agentTold('One');
    for (let time = 0; time < 2; time++) {
      expect((await api.delete(`${path}/${id}`, { token })).status).toBe(204);
    }
    expect(await eventTypes(cloud.db, runId)).toEqual([
      'run.queued',
      'message.received',
      'message.withdrawn',
    ]);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
  });

  it('is refused once the message was heard', async () => {
    const { path, runId, id } = await agentTold('One');
    await deliverUntilRest(cloud, runId);
    const { status, body } = await api.delete(`${path}/${id}`, { token });
    expect([status, body.code]).toEqual([409, 'messageDelivered']);
  });
});

describe('messages for afterwards', () => {
  /** An agent that is queued, with messages that wait for its run to end. */
  async function agentQueued(...texts: string[]) {
    const told = await agentTold();
    const ids: string[] = [];
    for (const text of texts) {
      ids.push((await api.post(told.path, { text, deliver: 'afterRun' }, { token })).body.id);
    }
    const [id = ''] = ids;
    return { ...told, id, ids };
  }
  const states = async (path: string) =>
    (await api.get(path, { token })).body.data.map((message: { state: string }) => message.state).reverse();

  it('are listed, and name the run that they started', async () => {
    const { path, agentId, runId, ids } = await agentQueued('Say hello', 'Say goodbye');
    expect(await states(path)).toEqual(['queued', 'queued']);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    const { body: agent } = await api.get(`/agents/${agentId}`, { token });
    expect(agent.activeRun).toMatchObject({ prompt: 'Say hello', status: 'queued' });
    expect((await api.get(path, { token })).body.data).toMatchObject([
      { id: ids[1], runId, deliver: 'afterRun', seq: null, state: 'queued', startedRunId: null },
      { id: ids[0], state: 'delivered', deliveredStep: null, startedRunId: agent.activeRun.id },
    ]);
    expect((await api.get(`${path}?state=queued`, { token })).body.data).toMatchObject([{ id: ids[1] }]);
  });

  it('are changed and taken back until their run begins', async () => {
    const { path, agentId, runId, ids } = await agentQueued('One', 'Two', 'Three');
    for (let time = 0; time < 2; time++) {
      expect((await api.delete(`${path}/${ids[0]}`, { token })).status).toBe(204);
      const edited = await api.patch(`${path}/${ids[1]}`, { text: 'Say hello' }, { token });
      expect([edited.status, edited.body]).toMatchObject([200, { text: 'Say hello', state: 'queued' }]);
    }
    const gone = await api.patch(`${path}/${ids[0]}`, { text: 'Three' }, { token });
    expect([gone.status, gone.body.code]).toEqual([409, 'messageWithdrawn']);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    const { activeRun } = (await api.get(`/agents/${agentId}`, { token })).body;
    expect(activeRun.prompt).toBe('Say hello');
    const late = [
      await api.patch(`${path}/${ids[1]}`, { text: 'Two' }, { token }),
      await api.delete(`${path}/${ids[1]}`, { token }),
    ];
    expect(late.map(({ body }) => body.code)).toEqual(['messageDelivered', 'messageDelivered']);
    expect((await api.patch(`${path}/${ids[2]}`, { text: 'Last' }, { token })).body.text).toBe('Last');
    expect(await eventTypes(cloud.db, activeRun.id)).toEqual(['run.queued', 'message.edited']);
  });

  it('are withdrawn with a run that is cancelled, and with their agent', async () => {
    const cancelled = await agentQueued('One', 'Two');
    await api.post(`/runs/${cancelled.runId}/cancel`, undefined, { token });
    expect(await states(cancelled.path)).toEqual(['withdrawn', 'withdrawn']);
    expect((await api.get(`/agents/${cancelled.agentId}`, { token })).body.status).toBe('idle');
    expect((await api.delete(`${cancelled.path}/${cancelled.id}`, { token })).status).toBe(204);
    const edited = await api.patch(`${cancelled.path}/${cancelled.id}`, { text: 'Three' }, { token });
    expect(edited.body.code).toBe('messageWithdrawn');

    const removed = await agentQueued('One');
    await api.delete(`/agents/${removed.agentId}`, { token });
    expect(await states(removed.path)).toEqual(['withdrawn']);
  });

  it('outlive the run they were queued behind, and one goes with the run that it began', async () => {
    const { path, agentId, runId, ids } = await agentQueued('Say hello', 'Say goodbye');
    await deliverUntilRest(cloud, runId);
    const second = (await api.get(`/agents/${agentId}`, { token })).body.activeRun.id;
    expect((await api.delete(`/runs/${runId}`, { token })).status).toBe(204);
    expect((await api.get(path, { token })).body.data).toMatchObject([{ id: ids[1], runId: second }]);
    await deliverUntilRest(cloud, second);
    const third = (await api.get(`/agents/${agentId}`, { token })).body.activeRun.id;
    await deliverUntilRest(cloud, third);
    expect((await api.delete(`/runs/${third}`, { token })).status).toBe(204);
    expect((await api.get(path, { token })).body.data).toEqual([]);
  });
});

describe('a message', () => {
  it('is nowhere for strangers, under another agent, or when there is none', async () => {
    const { path, agentId, id } = await agentTold('One');
    const other = await agentTold('Other');
    const nowhere: [string, string][] = [
      [`${path}/${id}`, stranger],
      [`${other.path}/${id}`, token],
      [`${path}/message_none`, token],
      [`/agents/agent_none/messages/${id}`, token],
    ];
    for (const [address, as] of nowhere) {
      expect((await api.patch(address, { text: 'Mine' }, { token: as })).status).toBe(404);
      expect((await api.delete(address, { token: as })).status).toBe(404);
    }
    expect((await api.get(path, { token: stranger })).status).toBe(404);
    expect((await api.get(path)).status).toBe(401);
    expect((await api.get(`/agents/${agentId}/messages`, { token })).body.data).toMatchObject([
      { text: 'One', state: 'queued' },
    ]);
  });
});
