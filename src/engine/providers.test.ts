import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import { budgetViolations } from '../../test/support/budget.ts';
import { deliverUntilRest, scriptOf } from '../../test/support/deliver.ts';
import { eventTypes } from '../../test/support/runs.ts';

const { cloud, api, token } = await openApi();

const create = async (agent: object) => {
  const { status, body } = await api.post('/agents', agent, { token });
  expect([status, body.errors]).toEqual([201, undefined]);
  return body;
};

const costOf = async (runId: string) => {
  const { rows } = await cloud.db.execute<{ cost: number }>(
    sql`SELECT cost_micro_usd::int AS cost FROM runs WHERE id = ${runId}`,
  );
  return rows[0]?.cost;
};

describe('an agent of another provider', () => {
  it.each([
    ['openai', 'gpt-6-sol'],
    ['openrouter', 'anthropic/claude-sonnet-5'],
    ['ollama', 'qwen3-coder'],
  ])('does the main job with %s', async (provider, model) => {
    const since = cloud.fetches.log.length;
    const prompt = 'Add a DELETE /todos/:id endpoint with a test';
    const agent = await create({ provider, prompt, repository: 'demo/todo-api' });
    expect(agent).toMatchObject({ provider, model });
    const runId = agent.activeRun.id;
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    const types = await eventTypes(cloud.db, runId);
    expect(types).toContain('commit.created');
    expect(types).toContain('pullRequest.opened');
    expect(types).not.toContain('toolCall.failed');
    const asked = cloud.fetches.log.slice(since);
    expect(asked.filter(({ service }) => service === 'model')).toEqual([]);
    expect(asked.filter(({ path }) => path === `/${provider}/v1/chat/completions`).length).toBeGreaterThan(2);
    const cost = await costOf(runId);
    if (provider === 'ollama') expect(cost).toBe(0);
    else expect(cost).toBeGreaterThan(0);
    expect(await budgetViolations(cloud.db)).toEqual([]);
  });

  it('goes on in one conversation when its provider is changed between runs', async () => {
    const agent = await create({ provider: 'openai', prompt: scriptOf({ text: 'One.' }) });
    expect(await deliverUntilRest(cloud, agent.activeRun.id)).toBe('completed');
    const changed = await api.patch(
      `/agents/${agent.id}`,
      { provider: 'anthropic', model: 'claude-sonnet-5' },
      { token },
    );
    expect(changed.body).toMatchObject({ provider: 'anthropic', model: 'claude-sonnet-5' });
    const said = await api.post(`/agents/${agent.id}/messages`, { text: 'And now?' }, { token });
    expect(await deliverUntilRest(cloud, said.body.run.id)).toBe('completed');
  });

  it('is refused with a model that its provider does not have, and with a provider that there is not', async () => {
    const refused = async (agent: object) => (await api.post('/agents', agent, { token })).body.errors;
    expect(await refused({ provider: 'openai', model: 'claude-sonnet-5' })).toMatchObject([
      { field: 'body.model' },
    ]);
    expect(await refused({ provider: 'gemini' })).toMatchObject([
      { field: 'body.provider', message: 'Use one of: anthropic, openai, openrouter, ollama.' },
    ]);
  });
});
