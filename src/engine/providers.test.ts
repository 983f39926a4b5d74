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
    const agent = await create({
      fallbacks,
      prompt: scriptOf(read('a'), read('b'), read('c'), { text: 'Done.' }),
    });
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

  it('asks the next one when a fallback refuses, also in a later step of the same delivery', async () => {
    const asked: string[] = [];
    cloud.fetches.intercept = (service, request, send) => {
      if (service === 'model') return Promise.resolve(new Response(null, { status: 503 }));
      if (service !== 'chat') return send();
      const { pathname } = new URL(request.url);
      asked.push(pathname.split('/')[1] ?? '');
      return asked.length === 2
        ? Promise.resolve(Response.json({ error: { message: 'no' } }, { status: 401 }))
        : send();
    };
    const agent = await create({ fallbacks, prompt: scriptOf(read('a'), { text: 'Done.' }) });
    const runId = agent.activeRun.id;
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked).toEqual(['openai', 'openai', 'ollama']);
    expect(await stepsOf(runId)).toEqual([
      ['openai', 'gpt-6-sol'],
      ['ollama', 'qwen3-coder'],
    ]);
    expect(await budgetViolations(cloud.db)).toEqual([]);
  });

  it('waits for its own model when its only fallback refuses in a later step', async () => {
    let asked = 0;
    cloud.fetches.intercept = (service, _request, send) => {
      if (service === 'model') return Promise.resolve(new Response(null, { status: 503 }));
      if (service === 'chat' && ++asked === 2) {
        return Promise.resolve(Response.json({ error: { message: 'no' } }, { status: 401 }));
      }
      return send();
    };
    const prompt = scriptOf(read('a'), { text: 'Done.' });
    const agent = await create({ fallbacks: fallbacks.slice(0, 1), prompt });
    expect(await deliverUntilRest(cloud, agent.activeRun.id)).toBe('waiting');
    expect(await budgetViolations(cloud.db)).toEqual([]);
  });

  it('keeps what a model said before it broke off, pays for it, and tells followers one text', async () => {
    const live: string[] = [];
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'redis') live.push(await request.clone().text());
      const answer = await send();
      if (service !== 'model') return answer;
      const [head = ''] = (await answer.text()).split('event: content_block_stop');
      const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
      return new Response(`${head}event: error\ndata: ${JSON.stringify(error)}\n\n`, {
        headers: { 'content-type': 'text/event-stream' },
      });
    };
    const agent = await create({ fallbacks, prompt: scriptOf({ text: 'Hello there.' }) });
    const runId = agent.activeRun.id;
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect((await eventTypes(cloud.db, runId)).slice(2)).toEqual([
      'message.completed',
      'model.fallback',
      'message.completed',
      'run.completed',
    ]);
    const deltas = live.filter((body) => body.includes('PUBLISH') && body.includes('\\"from\\"'));
    expect(deltas.length).toBeGreaterThan(0);
    expect(deltas.filter((body) => !body.includes('\\"from\\":0,') && body.includes('Hello'))).toEqual([]);
    expect(deltas.filter((body) => body.includes('Hello'))).toHaveLength(1);
    const { rows } = await cloud.db.execute<{ more: boolean }>(
      sql`SELECT cost_micro_usd > (SELECT sum(s.cost_micro_usd) FROM steps s WHERE s.run_id = r.id) AS more
        FROM runs r WHERE id = ${runId}`,
    );
    expect(rows[0]).toEqual({ more: true });
    expect(await budgetViolations(cloud.db)).toEqual([]);
  });

  it('passes over a model that could not read the conversation', async () => {
    cloud.fetches.intercept = (service, _request, send) =>
      service === 'model' ? Promise.resolve(new Response(null, { status: 503 })) : send();
    const prompt = `${'A long task. '.repeat(7_000)}\n${scriptOf({ text: 'Done.' })}`;
    const agent = await create({ fallbacks: fallbacks.slice(1), prompt });
    expect(await deliverUntilRest(cloud, agent.activeRun.id)).toBe('waiting');
    expect(await eventsOf(agent.activeRun.id)).toEqual([]);
  });

  it('may not have one that there is not', async () => {
    const wrong = [{ provider: 'openai', model: 'claude-sonnet-5' }];
    const { status, body } = await api.post('/agents', { fallbacks: wrong }, { token });
    expect([status, body.errors[0].field]).toEqual([400, 'body.fallbacks.0']);
  });
});
