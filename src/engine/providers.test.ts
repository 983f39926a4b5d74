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

describe('an agent with models to fall back on', () => {
  const fallbacks = [
    { provider: 'openai', model: 'gpt-6-sol' },
    { provider: 'ollama', model: 'qwen3-coder' },
  ];
  const read = (key: string) => ({ calls: [{ name: 'remember', input: { key, value: 'it' } }] });
  const stepsOf = async (runId: string) => {
    const { body } = await api.get(`/runs/${runId}/steps`, { token });
    return body.data.map(({ provider, model }: { provider: string; model: string }) => [provider, model]);
  };
  const eventsOf = async (runId: string) => {
    const { rows } = await cloud.db.execute<{ data: object; speech: string }>(
      sql`SELECT data, speech FROM run_events WHERE run_id = ${runId} AND type = 'model.fallback' ORDER BY seq`,
    );
    return rows;
  };

  it('goes on with the next while its own is away, says so, pays by it, and comes back', async () => {
    const { settings } = cloud.context.engine;
    const { now } = cloud.context.engine;
    let asked = 0;
    let skippedMs = 0;
    cloud.context.engine.now = () => now() + skippedMs;
    cloud.fetches.intercept = (service, _request, send) => {
      if (service === 'model') {
        asked += 1;
        if (asked === 2) return Promise.resolve(Response.json({ type: 'error' }, { status: 529 }));
      }
      // The step that the fallback takes outlasts the time that the first choice is left alone.
      if (service === 'chat') skippedMs += 61_000;
      return send();
    };
    const { burstMs } = settings;
    settings.burstMs = 600_000;
    const agent = await create({ fallbacks, prompt: scriptOf(read('a'), read('b'), read('c'), { text: 'Done.' }) });
    expect(agent.fallbacks).toEqual(fallbacks);
    const runId = agent.activeRun.id;
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    settings.burstMs = burstMs;
    cloud.context.engine.now = now;
    const own = ['anthropic', 'claude-sonnet-5'];
    expect(await stepsOf(runId)).toEqual([own, ['openai', 'gpt-6-sol'], own, own]);
    expect(await eventsOf(runId)).toEqual([
      {
        data: {
          stepNo: 2,
          from: { provider: 'anthropic', model: 'claude-sonnet-5' },
          to: fallbacks[0],
          reason: 'The model provider is overloaded.',
        },
        speech: 'The model did not answer. Going on with another one.',
      },
    ]);
    expect(await budgetViolations(cloud.db)).toEqual([]);
  });

  it('asks each in turn, and waits when all of them are away', async () => {
    cloud.fetches.intercept = (service, _request, send) =>
      service === 'model' || service === 'chat'
        ? Promise.resolve(Response.json({ error: { message: 'away' } }, { status: 503 }))
        : send();
    const agent = await create({ fallbacks, prompt: scriptOf({ text: 'Hello.' }) });
    const runId = agent.activeRun.id;
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    expect(await eventTypes(cloud.db, runId)).toEqual([
      'run.queued',
      'run.started',
      'model.fallback',
      'model.fallback',
      'model.retrying',
    ]);
    expect(await budgetViolations(cloud.db)).toEqual([]);
  });

  it('does not fall back on what its own model refuses', async () => {
    cloud.fetches.intercept = (service, _request, send) =>
      service === 'model' ? Promise.resolve(Response.json({ type: 'error' }, { status: 401 })) : send();
    const agent = await create({ fallbacks, prompt: scriptOf({ text: 'Hello.' }) });
    expect(await deliverUntilRest(cloud, agent.activeRun.id)).toBe('failed');
    expect(await eventsOf(agent.activeRun.id)).toEqual([]);
  });

  it('waits for its own model when the other one refuses', async () => {
    cloud.fetches.intercept = (service, _request, send) => {
      const status = { model: 503, chat: 401 }[service];
      return status === undefined
        ? send()
        : Promise.resolve(Response.json({ error: { message: 'no' } }, { status }));
    };
    const agent = await create({ fallbacks, prompt: scriptOf({ text: 'Hello.' }) });
    expect(await deliverUntilRest(cloud, agent.activeRun.id)).toBe('waiting');
  });

  it('may not have one that there is not', async () => {
    const wrong = [{ provider: 'openai', model: 'claude-sonnet-5' }];
    const { status, body } = await api.post('/agents', { fallbacks: wrong }, { token });
    expect([status, body.errors[0].field]).toEqual([400, 'body.fallbacks.0']);
  });
});
