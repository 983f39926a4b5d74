import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, openCloud } from '../../../test/support/cloud.ts';
import { deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { door } from '../../../test/support/door.ts';

let cloud: Cloud;
let api: ReturnType<typeof door>;
let token: string;

beforeAll(async () => {
  cloud = await openCloud();
  api = door(cloud.app);
  token = (await cloud.signIn('demo')).accessToken;
});
afterAll(() => cloud.close());

async function start(prompt: string) {
  const { body } = await api.post('/agents', { prompt }, { token });
  return { agentId: String(body.id), runId: String(body.activeRun.id) };
}
const retry = (runId: string, as = token) => api.post(`/runs/${runId}/retry`, undefined, { token: as });
const cancel = (runId: string) => api.post(`/runs/${runId}/cancel`, undefined, { token });

describe('POST /runs/:id/retry', () => {
  it('goes on with a cancelled run in a new one, once', async () => {
    const { agentId, runId } = await start('What can you do?');
    await cancel(runId);
    const retried = await retry(runId);
    expect([retried.status, retried.body]).toMatchObject([
      201,
      { agentId, retryOf: runId, status: 'queued', prompt: expect.stringContaining('the user cancelled it') },
    ]);
    expect(retried.headers.get('location')).toBe(`/api/v1/runs/${retried.body.id}`);
    const again = await retry(runId);
    expect([again.status, again.body.code]).toEqual([409, 'agentBusy']);
    expect(await deliverUntilRest(cloud, retried.body.id)).toBe('completed');
    const late = await retry(runId);
    expect([late.status, late.body.code]).toEqual([409, 'runSuperseded']);
    expect((await api.get(`/runs/${runId}`, { token })).body.retryOf).toBeNull();
  });

  it.each([undefined, ''])('takes an empty body that is called JSON for none: %j', async (body) => {
    const { runId } = await start('What can you do?');
    await cancel(runId);
    const response = await cloud.app.request(`/runs/${runId}/retry`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(201);
  });

  it('goes on with a failed run from its last step, and says why it stopped', async () => {
    const plan = { name: 'update_plan', input: { steps: [{ title: 'Look', status: 'done' }] } };
    const { runId } = await start(scriptOf({ calls: [plan] }, { text: 'All seen.' }));
    const asked: string[] = [];
    cloud.fetches.intercept = async (service, request, send) => {
      if (service !== 'model') return send();
      asked.push(await request.clone().text());
      if (asked.length !== 2) return send();
      const error = { type: 'invalid_request_error', message: 'The model is out of order.' };
      return Response.json({ type: 'error', error }, { status: 400 });
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('failed');
    const { body } = await retry(runId);
    expect(body.prompt).toBe(
      'The last run stopped before it was done (The model provider rejected the request): go on from where it stopped.',
    );
    expect(await deliverUntilRest(cloud, body.id)).toBe('completed');
    expect(asked[2]).toMatch(/update_plan.*go on from where it stopped/s);
    expect((await api.get(`/runs/${body.id}`, { token })).body.result.summary).toContain('All seen.');
  });

  it('is refused for a run that has not ended, or that did its work', async () => {
    const { runId } = await start('What can you do?');
    const early = await retry(runId);
    expect([early.status, early.body.code]).toEqual([409, 'runActive']);
    await deliverUntilRest(cloud, runId);
    const done = await retry(runId);
    expect([done.status, done.body.code]).toEqual([409, 'runCompleted']);
  });

  it('does not wake the archived', async () => {
    const { agentId, runId } = await start('What can you do?');
    await api.delete(`/agents/${agentId}`, { token });
    const { status, body } = await retry(runId);
    expect([status, body.code]).toEqual([409, 'agentArchived']);
  });

  it('is nothing to strangers', async () => {
    const { runId } = await start('What can you do?');
    await cancel(runId);
    const { accessToken } = await cloud.signIn('octo');
    expect((await retry(runId, accessToken)).status).toBe(404);
    expect((await retry('run_none')).status).toBe(404);
    expect((await api.post(`/runs/${runId}/retry`, undefined)).status).toBe(401);
  });
});
