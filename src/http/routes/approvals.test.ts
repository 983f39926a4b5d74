import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliver, deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { eventTypes } from '../../../test/support/runs.ts';
import { sweep } from '../../engine/sweep.ts';

const { cloud, api, token, stranger } = await openApi();

const write = { name: 'write_file', input: { path: 'NOTES.md', content: 'hello\n' } };
const commit = { name: 'commit', input: { message: 'Add notes' } };
const ASKS = { commit: 'ask', write_file: 'ask' };

/** A run that waits until somebody decides about its calls. */
async function ask(calls: object[] = [write, commit], policies: object = ASKS) {
  const prompt = scriptOf({ text: 'I would like to commit.', calls });
  const agent = { repository: 'demo/todo-api', prompt, policies };
  const { body } = await api.post('/agents', agent, { token });
  const runId: string = body.activeRun.id;
  expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
  const { body: page } = await api.get('/approvals?state=pending&limit=100', { token });
  const approvals = page.data
    .filter((approval: { runId: string }) => approval.runId === runId)
    // Made in one statement, they have one time: which is first is not said.
    .sort((a: { tool: string }, b: { tool: string }) => b.tool.localeCompare(a.tool));
  return { agentId: body.id, runId, approvals };
}

const look = async (runId: string) => (await api.get(`/runs/${runId}`, { token })).body;
const decide = (id: string, body: object) => api.post(`/approvals/${id}`, body, { token });
const commitsOf = async (agentId: string) => {
  const github = cloud.context.github.forToken(await cloud.github.issueToken('demo'));
  const commits = await github.listCommits('demo/todo-api', `cadence/${agentId}`, 10).catch(() => []);
  return commits.filter(({ message }) => message.startsWith('Add notes')).length;
};

describe('a call that needs approval', () => {
  it('waits with the others of its step, and runs once the last one is allowed', async () => {
    const { agentId, runId, approvals } = await ask();
    expect(approvals).toMatchObject([
      { tool: 'write_file', arguments: write.input, state: 'pending', decidedAt: null },
      { tool: 'commit', arguments: commit.input, state: 'pending', argumentsSha256: expect.any(String) },
    ]);
    expect(await look(runId)).toMatchObject({ status: 'waiting', waitingFor: 'approval' });
    expect(await commitsOf(agentId)).toBe(0);

    expect((await decide(approvals[1].id, { decision: 'allow' })).body).toMatchObject({ state: 'allowed' });
    expect((await look(runId)).status).toBe('waiting');
    const since = cloud.fetches.log.length;
    const { argumentsSha256 } = approvals[0];
    expect((await decide(approvals[0].id, { decision: 'allow', argumentsSha256 })).status).toBe(200);
    expect(cloud.fetches.log.slice(since).filter(({ service }) => service === 'qstash')).toHaveLength(1);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await commitsOf(agentId)).toBe(1);
    expect(await eventTypes(cloud.db, runId)).toEqual([
      'run.queued',
      'run.started',
      'message.completed',
      'approval.requested',
      'approval.requested',
      'run.waiting',
      'approval.decided',
      'approval.decided',
      'run.resumed',
      'toolCall.started',
      'file.changed',
      'toolCall.completed',
      'toolCall.started',
      'commit.created',
      'toolCall.completed',
      'message.completed',
      'run.completed',
    ]);
  });

  it('goes to the model as denied, with the reason, and the others run', async () => {
    const { agentId, runId, approvals } = await ask();
    await decide(approvals[0].id, { decision: 'allow' });
    await decide(approvals[1].id, { decision: 'deny', reason: 'Not on a Friday' });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    const { body } = await api.get(`/runs/${runId}/steps`, { token });
    expect(body.data[0].toolCalls).toMatchObject([
      { name: 'write_file', state: 'completed' },
      { name: 'commit', state: 'denied', output: 'The user denied this call: Not on a Friday' },
    ]);
    expect(await commitsOf(agentId)).toBe(0);
  });

  it('is asked for whatever the policy says when machines would run the file', async () => {
    const workflow = { name: 'write_file', input: { path: '.github/workflows/x.yml', content: 'on: push' } };
    const { approvals } = await ask([workflow], {});
    expect(approvals).toMatchObject([{ tool: 'write_file', state: 'pending' }]);
  });

  it('is refused without asking where the policy says never', async () => {
    const prompt = scriptOf({ calls: [commit] });
    const agent = { repository: 'demo/todo-api', prompt, policies: { commit: 'never' } };
    const { body } = await api.post('/agents', agent, { token });
    expect(await deliverUntilRest(cloud, body.activeRun.id)).toBe('completed');
    const steps = (await api.get(`/runs/${body.activeRun.id}/steps`, { token })).body.data;
    expect(steps[0].toolCalls).toMatchObject([
      { state: 'failed', output: expect.stringContaining('may not use') },
    ]);
  });
});

describe('a decision', () => {
  it('is made once: the same again changes nothing, another one is refused', async () => {
    const { runId, approvals } = await ask([commit]);
    const both = await Promise.all([
      decide(approvals[0].id, { decision: 'deny' }),
      decide(approvals[0].id, { decision: 'deny' }),
    ]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    const other = await decide(approvals[0].id, { decision: 'allow' });
    expect([other.status, other.body.code]).toEqual([409, 'approvalClosed']);
    const types = await eventTypes(cloud.db, runId);
    expect(types.filter((type) => type === 'approval.decided')).toHaveLength(1);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
  });

  it('is found again when its answer was lost on the way to us', async () => {
    const { runId, approvals } = await ask([commit]);
    let lost = false;
    cloud.fetches.intercept = async (service, request, send) => {
      const text = service === 'neon' ? await request.clone().text() : '';
      const response = await send();
      if (lost || !text.includes('decided AS')) return response;
      lost = true;
      throw new TypeError('the answer was lost');
    };
    expect((await decide(approvals[0].id, { decision: 'deny' })).body).toMatchObject({ state: 'denied' });
    expect(lost).toBe(true);
    expect(await look(runId)).toMatchObject({ status: 'queued' });
  });

  it('does not wake a paused run, which goes on when it is resumed', async () => {
    const { runId, approvals } = await ask([commit]);
    expect((await api.post(`/runs/${runId}/pause`, undefined, { token })).body.status).toBe('paused');
    await decide(approvals[0].id, { decision: 'deny' });
    expect(await look(runId)).toMatchObject({ status: 'paused' });
    expect((await api.post(`/runs/${runId}/resume`, undefined, { token })).body.status).toBe('queued');
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
  });

  it('is waited for after a resume that takes back a pause of the same moment', async () => {
    const prompt = scriptOf({ text: 'May I?', calls: [commit] });
    const { body } = await api.post(
      '/agents',
      { repository: 'demo/todo-api', prompt, policies: ASKS },
      { token },
    );
    const runId: string = body.activeRun.id;
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'model') await api.post(`/runs/${runId}/pause`, undefined, { token });
      return send();
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('paused');
    cloud.fetches.intercept = (_service, _request, send) => send();
    const resumed = await api.post(`/runs/${runId}/resume`, undefined, { token });
    expect(resumed.body).toMatchObject({ status: 'waiting', waitingFor: 'approval' });
    const { data } = (await api.get('/approvals?state=pending', { token })).body;
    const mine = data.find((approval: { runId: string }) => approval.runId === runId);
    await decide(mine.id, { decision: 'deny' });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
  });

  it('is not asked for when the run was cancelled meanwhile, and nothing of its step stays open', async () => {
    const prompt = scriptOf({ text: 'May I?', calls: [write, commit] });
    const agent = { repository: 'demo/todo-api', prompt, policies: { commit: 'ask' } };
    const { body } = await api.post('/agents', agent, { token });
    const runId: string = body.activeRun.id;
    cloud.fetches.intercept = async (service, request, send) => {
      const isPlan = service === 'neon' && (await request.clone().text()).includes('INSERT INTO approvals');
      if (isPlan) await cloud.db.execute(sql`UPDATE runs SET cancel_requested = true WHERE id = ${runId}`);
      return send();
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('cancelled');
    expect((await eventTypes(cloud.db, runId)).slice(-2)).toEqual(['message.completed', 'run.cancelled']);
    const { data } = (await api.get(`/runs/${runId}/steps`, { token })).body;
    expect(data[0].toolCalls.map(({ state }: { state: string }) => state)).toEqual(['skipped', 'skipped']);
  });

  it('comes too late for a run that was cancelled, whose calls did not run', async () => {
    const { runId, approvals } = await ask();
    await api.post(`/runs/${runId}/cancel`, undefined, { token });
    const late = await decide(approvals[0].id, { decision: 'allow' });
    expect([late.status, late.body.code]).toEqual([409, 'approvalClosed']);
    const { body } = await api.get(`/runs/${runId}/steps`, { token });
    expect(body.data[0].toolCalls.map(({ state }: { state: string }) => state)).toEqual([
      'skipped',
      'skipped',
    ]);
  });

  it('is for the arguments that the user saw', async () => {
    const { approvals } = await ask([commit]);
    const { status, body } = await decide(approvals[0].id, { decision: 'allow', argumentsSha256: 'ab' });
    expect([status, body.errors[0].field]).toEqual([400, 'body.argumentsSha256']);
  });

  it.each([{}, { decision: 'maybe' }, { decision: 'deny', reason: '' }, { decision: 'allow', by: 'me' }])(
    'is refused when it is %j',
    async (body) => {
      const { approvals } = await ask([commit]);
      expect((await decide(approvals[0].id, body)).body.code).toBe('validationFailed');
    },
  );
});

describe('an approval that nobody decides', () => {
  it('pauses its run, says why, and is asked for again when the run is resumed', async () => {
    const { runId, approvals } = await ask([commit]);
    await cloud.db.execute(sql`UPDATE runs SET sweep_after = engine_now() WHERE id = ${runId}`);
    await cloud.db.execute(sql`UPDATE approvals SET expires_at = engine_now() WHERE run_id = ${runId}`);
    expect((await decide(approvals[0].id, { decision: 'allow' })).body.code).toBe('approvalClosed');
    await sweep(cloud.context.engine);
    expect(await look(runId)).toMatchObject({ status: 'paused' });
    expect((await api.get(`/approvals/${approvals[0].id}`, { token })).body.state).toBe('expired');
    expect((await eventTypes(cloud.db, runId)).slice(-2)).toEqual(['approval.expired', 'run.paused']);

    const resumed = await api.post(`/runs/${runId}/resume`, undefined, { token });
    expect(resumed.body).toMatchObject({ status: 'waiting', waitingFor: 'approval' });
    expect((await eventTypes(cloud.db, runId)).slice(-2)).toEqual(['approval.requested', 'run.waiting']);
    const { rows } = await cloud.db.execute<{ type: string; data: object }>(
      sql`SELECT type, data FROM run_events WHERE run_id = ${runId} AND type LIKE 'approval.%' ORDER BY seq`,
    );
    const ids = { approvalId: approvals[0].id, toolCallId: approvals[0].toolCallId };
    expect(rows).toMatchObject([
      { type: 'approval.requested', data: { ...ids, name: 'commit', subject: 'Add notes' } },
      { type: 'approval.expired', data: ids },
      { type: 'approval.requested', data: { ...ids, name: 'commit', subject: 'Add notes' } },
    ]);
    expect((await decide(approvals[0].id, { decision: 'deny' })).body.state).toBe('denied');
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
  });

  it('is told one by one with the others of its step', async () => {
    const { runId, approvals } = await ask();
    await cloud.db.execute(sql`UPDATE runs SET sweep_after = engine_now() WHERE id = ${runId}`);
    await sweep(cloud.context.engine);
    const { rows } = await cloud.db.execute<{ approvalId: string }>(
      sql`SELECT data ->> 'approvalId' AS "approvalId" FROM run_events
        WHERE run_id = ${runId} AND type = 'approval.expired'`,
    );
    expect(rows.map(({ approvalId }) => approvalId).sort()).toEqual(
      approvals.map(({ id }: { id: string }) => id).sort(),
    );
    expect((await eventTypes(cloud.db, runId)).slice(-3)).toEqual([
      'approval.expired',
      'approval.expired',
      'run.paused',
    ]);
  });
});

describe('a queue that gave a delivery up', () => {
  it('does not make an open approval expire', async () => {
    const { runId } = await ask([commit]);
    const sourceBody = btoa(JSON.stringify({ runId, dispatchNo: 1 }));
    expect((await deliver(cloud, '/api/v1/callbacks/run-failed', { sourceBody })).status).toBe(200);
    await sweep(cloud.context.engine);
    expect(await look(runId)).toMatchObject({ status: 'waiting', waitingFor: 'approval' });
  });
});

describe('strangers', () => {
  it('see no approval and decide none', async () => {
    const { approvals } = await ask([commit]);
    const { id } = approvals[0];
    const mine = await api.get(`/approvals/${id}`, { token: stranger });
    expect([mine.status, mine.body.code]).toEqual([404, 'notFound']);
    const decision = await api.post(`/approvals/${id}`, { decision: 'allow' }, { token: stranger });
    expect(decision.status).toBe(404);
    expect((await api.get('/approvals', { token: stranger })).body.data).toEqual([]);
  });
});

describe('policies', () => {
  it('are checked, shown and changed', async () => {
    const { body } = await api.post('/agents', { name: 'Careful' }, { token });
    expect(body.policies).toEqual({});
    const policies = { write_file: 'ask' };
    expect((await api.patch(`/agents/${body.id}`, { policies }, { token })).body.policies).toEqual(policies);
    const unknown = await api.patch(`/agents/${body.id}`, { policies: { fly: 'ask' } }, { token });
    expect([unknown.status, unknown.body.errors[0].field]).toEqual([400, 'body.policies.fly']);
    const odd = await api.post('/agents', { policies: { commit: 'perhaps' } }, { token });
    expect(odd.body.errors[0].field).toBe('body.policies.commit');
  });
});
