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
        seq: 3,
        text: 'Three',
        state: 'queued',
        createdAt: expect.any(String),
        deliveredStep: null,
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
