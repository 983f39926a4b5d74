import { expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import { deliverUntilRest, scriptOf } from '../../test/support/deliver.ts';

const { cloud, api, token } = await openApi();
cloud.context.engine.settings.settlingMs = 1;

it('a cancel in the moment of a review leaves the calls behind it not begun', async () => {
  const calls = [
    { name: 'comment', input: { issue: 1, body: 'Hello' } },
    { name: 'create_branch', input: { name: 'keep/this' } },
  ];
  const agent = { repository: 'demo/todo-api', prompt: scriptOf({ text: 'I comment.', calls }) };
  const runId = (await api.post('/agents', agent, { token })).body.activeRun.id;
  let isCancelled = false;
  cloud.fetches.intercept = async (_service, request, send) => {
    if (isCancelled || request.method !== 'POST' || !request.url.endsWith('/comments')) return send();
    isCancelled = true;
    await api.post(`/runs/${runId}/cancel`, undefined, { token });
    throw new TypeError('connection reset');
  };
  expect(await deliverUntilRest(cloud, runId)).toBe('cancelled');
  const steps = (await api.get(`/runs/${runId}/steps`, { token })).body.data;
  expect(steps[0].toolCalls).toMatchObject([
    { name: 'comment', state: 'needsReview' },
    { name: 'create_branch', state: 'skipped', output: 'Not run: the run ended before.' },
  ]);
});
