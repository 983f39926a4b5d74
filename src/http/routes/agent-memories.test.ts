import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { promptOf } from '../../../test/support/prompt.ts';

const { cloud, api, token, stranger } = await openApi();

const remember = (key: string, value: string) => ({ name: 'remember', input: { key, value } });

/** An agent whose first run has come to rest. */
async function worked(...turns: object[]) {
  const { body } = await api.post('/agents', { prompt: scriptOf(...turns) }, { token });
  expect(await deliverUntilRest(cloud, body.activeRun.id)).toBe('completed');
  return { agentId: String(body.id), runId: String(body.activeRun.id) };
}
const memories = async (agentId: string) =>
  (await api.get(`/agents/${agentId}/memories`, { token })).body.data;
const say = async (agentId: string, text: string) =>
  (await api.post(`/agents/${agentId}/messages`, { text }, { token })).body.run.id;

describe('what an agent remembers', () => {
  it('is told to its later runs, the same in all their turns', async () => {
    const { agentId, runId } = await worked({ calls: [remember('tests', 'npm test\nthen npm run lint')] });
    expect(await memories(agentId)).toMatchObject([
      { key: 'tests', value: 'npm test\nthen npm run lint', runId, stepNo: 1 },
    ]);
    const prompts: string[] = [];
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'model') prompts.push(promptOf(await request.clone().json()));
      return send();
    };
    await deliverUntilRest(cloud, await say(agentId, scriptOf({ calls: [remember('more', 'yes')] })));
    expect(prompts).toHaveLength(2);
    expect(prompts[0]).toMatch(/notes of your own.*\n- tests: npm test\n {2}then npm run lint$/);
    expect(prompts[1]).toBe(prompts[0]);
    await deliverUntilRest(cloud, await say(agentId, 'What can you do?'));
    expect(prompts[2]).toContain('- more: yes\n- tests: npm test');
  });

  it('is forgotten by an empty value, and what cannot be remembered is explained', async () => {
    const { agentId, runId } = await worked(
      { calls: [remember('a', '1'), remember('b', '2'), remember('../c', '3')] },
      { calls: [remember('a', ''), remember('nothing', ''), remember('d', 'x'.repeat(2001))] },
    );
    expect((await memories(agentId)).map(({ key }: { key: string }) => key)).toEqual(['b']);
    const { data } = (await api.get(`/runs/${runId}/steps`, { token })).body;
    const outputs = data.flatMap(({ toolCalls }: { toolCalls: { state: string; output: string }[] }) =>
      toolCalls.map(({ state, output }) => `${state}: ${output}`),
    );
    expect(outputs).toEqual([
      'completed: Remembered a.',
      'completed: Remembered b.',
      expect.stringMatching(/^failed: .*key: a short name/),
      'completed: Forgot a.',
      'completed: Nothing was remembered as nothing.',
      expect.stringMatching(/^failed: .*value/),
    ]);
  });

  it('is remembered with its step or not at all', async () => {
    const { body } = await api.post(
      '/agents',
      { prompt: scriptOf({ calls: [remember('a', '1')] }) },
      { token },
    );
    const runId = body.activeRun.id;
    let lost = 0;
    cloud.fetches.intercept = async (service, request, send) => {
      const isCommit = service === 'neon' && (await request.clone().text()).includes('SET remembered');
      const response = await send();
      if (!isCommit || lost++ > 0) return response;
      throw new TypeError('the answer was lost');
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(lost).toBe(2);
    expect(await memories(body.id)).toMatchObject([{ key: 'a', value: '1', stepNo: 1 }]);
  });
});

describe('DELETE /agents/:id/memories/:key', () => {
  it('forgets one, and knows no other', async () => {
    const { agentId } = await worked({ calls: [remember('a.b-c_d', '1')] });
    const forget = (as: string) => api.delete(`/agents/${agentId}/memories/a.b-c_d`, { token: as });
    expect((await forget(stranger)).status).toBe(404);
    expect((await forget(token)).status).toBe(204);
    expect(await memories(agentId)).toEqual([]);
    expect((await forget(token)).status).toBe(404);
  });

  it('is nothing to strangers, nor is the list', async () => {
    const { agentId } = await worked({ text: 'Hello' });
    expect((await api.get(`/agents/${agentId}/memories`, { token: stranger })).status).toBe(404);
    expect((await api.get(`/agents/${agentId}/memories`)).status).toBe(401);
    expect((await api.delete(`/agents/${agentId}/memories/a`)).status).toBe(401);
  });
});

describe('PUT /agents/:id/memories/:key', () => {
  it('is told to the next run, with who wrote it, and an agent may write over it', async () => {
    const { agentId } = await worked({ text: 'Hello' });
    const path = `/agents/${agentId}/memories/test-command`;
    const { status, body } = await api.put(path, { value: ' npm test ' }, { token });
    expect([status, body]).toMatchObject([
      200,
      { key: 'test-command', scope: 'agent', value: 'npm test', runId: null, stepNo: null, agentId: null },
    ]);
    expect(body.userId).toMatch(/^user_/);
    expect((await api.get(path, { token })).body).toEqual(body);
    const runId = await say(agentId, scriptOf({ calls: [remember('test-command', 'npm run check')] }));
    await deliverUntilRest(cloud, runId);
    expect((await api.get(`/runs/${runId}/memories`, { token })).body.data).toEqual([
      { key: 'test-command', scope: 'agent', value: 'npm test', isByUser: null },
    ]);
    expect(await memories(agentId)).toMatchObject([
      { value: 'npm run check', userId: null, agentId, runId, stepNo: 1 },
    ]);
  });

  it('says what does not fit', async () => {
    const { agentId } = await worked({ text: 'Hello' });
    const put = (key: string, value: string) =>
      api.put(`/agents/${agentId}/memories/${key}`, { value }, { token });
    expect((await put('..%2Fa', 'x')).body.errors).toMatchObject([{ field: 'path.key' }]);
    expect((await put('a', '')).body.errors).toMatchObject([{ field: 'body.value' }]);
    expect((await put('a', 'x'.repeat(2001))).body.errors).toMatchObject([{ field: 'body.value' }]);
    for (let n = 0; n < 9; n++) expect((await put(`k${n}`, 'x'.repeat(2000))).status).toBe(200);
    expect((await put('k9', 'x'.repeat(2000))).body).toMatchObject({ status: 409, code: 'memoryFull' });
    expect((await put('k8', 'y'.repeat(2000))).status).toBe(200);
    expect(await memories(agentId)).toHaveLength(9);
  });
});

describe('GET /agents/:id/memories?q=', () => {
  it('finds any of the words, also in other forms and in keys, the best first', async () => {
    const { agentId } = await worked({ text: 'Hello' });
    const put = (key: string, value: string) =>
      api.put(`/agents/${agentId}/memories/${key}`, { value }, { token });
    await put('lint', 'Lint before each commit');
    await put('running_tests', 'npm run check');
    await put('reviewer', 'Ada reviews the test of orders, and tests nothing else');
    const found = async (q: string) =>
      (await api.get(`/agents/${agentId}/memories?q=${encodeURIComponent(q)}`, { token })).body.data.map(
        ({ key }: { key: string }) => key,
      );
    expect(await found('testing')).toEqual(['reviewer', 'running_tests']);
    expect(await found("commits & ada!') --")).toEqual(expect.arrayContaining(['lint', 'reviewer']));
    expect(await found('the')).toEqual([]);
    expect(await found('&&&')).toEqual([]);
    expect((await api.get(`/agents/${agentId}/memories?q=%20`, { token })).body.errors).toMatchObject([
      { field: 'query.q' },
    ]);
  });
});
