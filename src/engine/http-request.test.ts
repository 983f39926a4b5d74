import { describe, expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import { deliverUntilRest, scriptOf } from '../../test/support/deliver.ts';

type Answer = (request: Request) => Response | Promise<Response>;
let answer: Answer = () => new Response('done');
const received: { method: string; key: string | null }[] = [];
const ORIGIN = 'https://hooks.example.com';

const { cloud, api, token } = await openApi({
  others: {
    hooks: {
      origin: ORIGIN,
      handle: (request) => {
        received.push({ method: request.method, key: request.headers.get('idempotency-key') });
        return answer(request);
      },
    },
  },
});
cloud.context.engine.settings.settlingMs = 1;

/** A run that makes one request, delivered until it rests. */
async function request(input: object, policy: 'always' | null = 'always') {
  received.length = 0;
  const calls = [{ name: 'http_request', input: { url: `${ORIGIN}/x`, ...input } }];
  const agent = {
    prompt: scriptOf({ text: 'I ask.', calls }),
    tools: ['http_request'],
    ...(policy ? { policies: { http_request: policy } } : {}),
  };
  const { body } = await api.post('/agents', agent, { token });
  const runId: string = body.activeRun.id;
  return { runId, status: await deliverUntilRest(cloud, runId) };
}

const look = async (runId: string) => (await api.get(`/runs/${runId}`, { token })).body;
const callOf = async (runId: string) =>
  (await api.get(`/runs/${runId}/steps`, { token })).body.data[0].toolCalls[0];
async function decide(runId: string, decision: string) {
  const { data } = (await api.get('/approvals?state=pending', { token })).body;
  const open = data.find((approval: { runId: string }) => approval.runId === runId);
  return api.post(`/approvals/${open.id}`, { decision }, { token });
}
const isAway: Answer = () => Promise.reject(new TypeError('connection reset'));

describe('http_request', () => {
  it('is no tool of an agent that does not name it', async () => {
    const { body } = await api.post('/agents', { name: 'Plain' }, { token });
    expect(body.tools).not.toContain('http_request');
    const tool = (await api.get('/tools/http_request', { token })).body;
    expect(tool).toMatchObject({ effect: 'marked', defaultPolicy: 'ask', onlyByName: true });
  });

  it('asks its user unless the policy says otherwise', async () => {
    answer = () => new Response('done');
    const { runId, status } = await request({ method: 'POST', body: 'x' }, null);
    expect(status).toBe('waiting');
    expect(received).toEqual([]);
    expect((await decide(runId, 'allow')).status).toBe(200);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(received).toEqual([{ method: 'POST', key: null }]);
  });

  it('that changes something goes to the user at once when its answer is lost', async () => {
    answer = isAway;
    const { runId, status } = await request({ method: 'POST', body: 'x' });
    expect([status, (await look(runId)).waitingFor]).toEqual(['waiting', 'review']);
    expect(await callOf(runId)).toMatchObject({
      state: 'needsReview',
      output: 'Whether this took effect is not known. No answer came from hooks.example.com.',
    });
    answer = () => new Response('done');
    await decide(runId, 'sendAgain');
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(received).toHaveLength(2);
    expect(await callOf(runId)).toMatchObject({ state: 'completed', result: { status: 200 } });
  });

  it('with a key is sent again under the same one, also after a review', async () => {
    answer = isAway;
    const { runId, status } = await request({ method: 'POST', body: 'x', idempotencyKey: true });
    expect(status).toBe('waiting');
    answer = () => new Response('done');
    await decide(runId, 'sendAgain');
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    const { id } = await callOf(runId);
    expect(received).toEqual(Array.from({ length: 4 }, () => ({ method: 'POST', key: id })));
  });

  it('that only reads is no more than a pure step, and its failure the model reads', async () => {
    answer = isAway;
    const { runId, status } = await request({ method: 'GET' });
    expect(status).toBe('completed');
    expect(await callOf(runId)).toMatchObject({
      state: 'failed',
      output: expect.stringContaining('No answer came from hooks.example.com.'),
    });
  });
});
