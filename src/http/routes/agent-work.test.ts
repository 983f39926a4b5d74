import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { eventTypes } from '../../../test/support/runs.ts';

const { cloud, api, token } = await openApi({ env: { STEPS_PER_CALLBACK: '2' } });

const create = async (body: object = {}) => (await api.post('/agents', body, { token })).body;
const say = (agentId: string, text: unknown) => api.post(`/agents/${agentId}/messages`, { text }, { token });
const tell = (agentId: string, action: string) =>
  api.post(`/agents/${agentId}/${action}`, undefined, { token });

describe('POST /agents/:id/messages', () => {
  it('starts an idle agent, again and again, in one conversation', async () => {
    const agent = await create();
    const first = await say(agent.id, ' What can you do? ');
    expect(first.status).toBe(201);
    expect(first.body.run).toMatchObject({ agentId: agent.id, status: 'queued', prompt: 'What can you do?' });
    expect(await deliverUntilRest(cloud, first.body.run.id)).toBe('completed');
    const second = await say(agent.id, 'What else can you do?');
    expect(second.status).toBe(201);
    expect(second.body.run.id).not.toBe(first.body.run.id);
    expect((await api.get(`/agents/${agent.id}`, { token })).body.activeRun.id).toBe(second.body.run.id);
  });

  it('queues for a busy agent and says the place', async () => {
    const agent = await create({ prompt: scriptOf({ text: 'One.' }) });
    const runId = agent.activeRun.id;
    const first = await say(agent.id, 'Be brief');
    const id = expect.stringMatching(/^message_/);
    expect([first.status, first.body]).toEqual([202, { id, runId, deliver: 'now', seq: 1, ahead: 0 }]);
    expect((await say(agent.id, 'And kind')).body).toEqual({ id, runId, deliver: 'now', seq: 2, ahead: 1 });
    expect(await eventTypes(cloud.db, runId)).toEqual(['run.queued', 'message.received', 'message.received']);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
  });

  it('queues behind the run under way and says the place, until as many wait as may', async () => {
    const agent = await create({ prompt: 'Hello' });
    const runId = agent.activeRun.id;
    const later = (text: string) =>
      api.post(`/agents/${agent.id}/messages`, { text, deliver: 'afterRun' }, { token });
    const id = expect.stringMatching(/^message_/);
    expect(await later('Then this')).toMatchObject({
      status: 202,
      body: { id, runId, deliver: 'afterRun', seq: null, ahead: 0 },
    });
    for (let ahead = 1; ahead < 20; ahead++) expect((await later('And this')).body).toMatchObject({ ahead });
    const { status, body } = await later('And that');
    expect([status, body.code]).toEqual([409, 'queueFull']);
    // What is to be heard now has a place of its own.
    expect((await say(agent.id, 'Be brief')).body).toMatchObject({ deliver: 'now', seq: 1, ahead: 0 });
  });

  it('starts an idle agent whenever it was to be delivered', async () => {
    const agent = await create();
    const said = await api.post(
      `/agents/${agent.id}/messages`,
      { text: 'Hello', deliver: 'afterRun' },
      { token },
    );
    expect([said.status, said.body.run?.prompt]).toEqual([201, 'Hello']);
  });

  it('refuses a time that is none', async () => {
    const agent = await create();
    const { status, body } = await api.post(
      `/agents/${agent.id}/messages`,
      { text: 'Hello', deliver: 'later' },
      { token },
    );
    expect([status, body.errors?.[0]?.field]).toEqual([400, 'body.deliver']);
  });

  it('starts a run when the one under way ends in between', async () => {
    const agent = await create({ prompt: 'Hello' });
    let ended = false;
    cloud.fetches.intercept = async (service, request, send) => {
      const isMessage = service === 'neon' && (await request.clone().text()).includes('message.received');
      if (isMessage && !ended) {
        ended = true;
        await cloud.db.execute(
          sql`UPDATE runs SET status = 'completed' WHERE id = ${agent.activeRun.id}::text`,
        );
      }
      return send();
    };
    expect((await say(agent.id, 'And then?')).status).toBe(201);
  });

  it.each(['', '  ', 7, null, 'x'.repeat(100_001), '\ud83d'])('refuses %j', async (text) => {
    const agent = await create();
    const { status, body } = await say(agent.id, text);
    expect([status, body.errors[0].field]).toEqual([400, 'body.text']);
    expect((await api.get(`/agents/${agent.id}`, { token })).body.status).toBe('idle');
  });

  it('does not wake the archived', async () => {
    const agent = await create();
    await api.delete(`/agents/${agent.id}`, { token });
    const { status, body } = await say(agent.id, 'Hello?');
    expect([status, body.code]).toEqual([409, 'agentArchived']);
  });
});

describe('POST /agents/:id/pause, /resume and /cancel', () => {
  it('act on the active run and answer with it', async () => {
    const agent = await create({ prompt: 'What can you do?' });
    expect((await tell(agent.id, 'pause')).body).toMatchObject({ id: agent.activeRun.id, status: 'paused' });
    expect((await api.get(`/agents/${agent.id}`, { token })).body.status).toBe('paused');
    expect((await tell(agent.id, 'resume')).body.status).toBe('queued');
    const { status, body } = await tell(agent.id, 'cancel');
    expect([status, body.status]).toEqual([200, 'cancelled']);
    expect((await api.get(`/agents/${agent.id}`, { token })).body).toMatchObject({
      status: 'idle',
      activeRun: null,
    });
  });

  it.each(['pause', 'resume', 'cancel'])('%s is refused when there is nothing to act on', async (action) => {
    const agent = await create();
    const { status, body } = await tell(agent.id, action);
    expect([status, body.code]).toEqual([409, 'noActiveRun']);
  });

  it('are all there is', async () => {
    const agent = await create({ prompt: 'Hello' });
    expect((await tell(agent.id, 'explode')).status).toBe(404);
  });
});
