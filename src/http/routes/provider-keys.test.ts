import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';

const { cloud, api, token, stranger, userId } = await openApi({ env: { OPENAI_API_KEY: '' } });

const KEY = 'model-key-of-sixteen';
const put = (key: string, as = token, provider = 'openai') =>
  api.put(`/provider-keys/${provider}`, { key }, { token: as });
const modelsOf = async (provider: string, as = token) =>
  (await api.get('/models', { token: as })).body.data.filter(
    (model: { provider: string }) => model.provider === provider,
  );

describe('GET /models', () => {
  it('says what models can do, what they cost, and who pays', async () => {
    const { status, body } = await api.get('/models', { token });
    expect(status).toBe(200);
    expect(body.data[0]).toEqual({
      provider: 'anthropic',
      model: 'claude-sonnet-5-5',
      takesAnyName: false,
      isDefault: false,
      paidBy: 'deployment',
      tools: true,
      streaming: true,
      contextTokens: 1_000_000,
      maxOutputTokens: 128_000,
      price: { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5 },
      longPrompt: null,
    });
    expect(await modelsOf('ollama')).toMatchObject([
      { model: 'qwen3-coder', takesAnyName: true, isDefault: true, price: { input: 0, output: 0 } },
    ]);
    const [sol] = await modelsOf('openai');
    expect(sol).toMatchObject({ paidBy: null, longPrompt: { aboveTokens: 272_000, price: { input: 4 } } });
  });
});

describe('a key of the user', () => {
  it('pays for their runs, is shown by its end alone, and for nobody else', async () => {
    const { status, body } = await put(KEY);
    expect([status, body]).toMatchObject([200, { provider: 'openai', lastFour: 'teen' }]);
    expect(JSON.stringify(body)).not.toContain(KEY);
    const { rows } = await cloud.db.execute<{ row: string }>(
      sql`SELECT row_to_json(k)::text AS row FROM provider_keys k WHERE user_id = ${userId}`,
    );
    expect(rows[0]?.row).toContain('v1.');
    expect(rows[0]?.row).not.toContain(KEY);
    expect((await modelsOf('openai'))[0]).toMatchObject({ paidBy: 'you' });
    expect((await modelsOf('openai', stranger))[0]).toMatchObject({ paidBy: null });
    expect((await api.get('/provider-keys', { token: stranger })).body.data).toEqual([]);

    const sent: (string | null)[] = [];
    cloud.fetches.intercept = (service, request, send) => {
      if (service === 'chat') sent.push(request.headers.get('authorization'));
      return send();
    };
    const prompt = scriptOf({ text: 'Hello.' });
    const created = await api.post('/agents', { provider: 'openai', prompt }, { token });
    await deliverUntilRest(cloud, created.body.activeRun.id);
    expect(sent).toContain(`Bearer ${KEY}`);
  });

  it('is asked for where the deployment has none, before there is an agent or a trigger that would need it', async () => {
    const missing = (field: string) => [
      {
        field,
        message:
          'There is no key for openai. Set one of your own with PUT /provider-keys/openai, or choose another provider; see GET /models.',
      },
    ];
    const agents = await api.post('/agents', { provider: 'openai' }, { token: stranger });
    expect([agents.status, agents.body.errors]).toEqual([400, missing('body.provider')]);
    const trigger = { repository: 'demo/todo-api', agent: { provider: 'openai' } };
    const triggers = await api.post('/triggers', trigger, { token: stranger });
    expect([triggers.status, triggers.body.errors]).toEqual([400, missing('body.agent.provider')]);
    const fallbacks = [
      { provider: 'ollama', model: 'qwen3-coder' },
      { provider: 'openai', model: 'gpt-6-sol' },
    ];
    const falling = await api.post('/agents', { fallbacks }, { token: stranger });
    expect([falling.status, falling.body.errors]).toEqual([400, missing('body.fallbacks.1')]);
    const fallingTrigger = { repository: 'demo/todo-api', agent: { fallbacks } };
    expect((await api.post('/triggers', fallingTrigger, { token: stranger })).body.errors).toEqual(
      missing('body.agent.fallbacks.1'),
    );

    const { id } = (await api.post('/agents', {}, { token: stranger })).body;
    const change = (changes: object) => api.patch(`/agents/${id}`, changes, { token: stranger });
    const model = 'gpt-6-sol';
    expect((await change({ provider: 'openai', model })).body.errors).toEqual(missing('body.provider'));
    expect((await change({ fallbacks })).body.errors).toEqual(missing('body.fallbacks.1'));
    expect((await change({ name: 'Still there' })).body).toMatchObject({
      provider: 'anthropic',
      fallbacks: [],
    });
    await put(KEY, stranger);
    expect((await change({ provider: 'openai', model, fallbacks })).body).toMatchObject({ model, fallbacks });
    await api.delete('/provider-keys/openai', { token: stranger });
  });

  it('that is taken away fails the next run, which says so', async () => {
    await put(KEY);
    const agent = (await api.post('/agents', { provider: 'openai' }, { token })).body;
    await api.delete('/provider-keys/openai', { token });
    const { body } = await api.post(`/agents/${agent.id}/messages`, { text: 'Hello' }, { token });
    expect(await deliverUntilRest(cloud, body.run.id)).toBe('failed');
    expect((await api.get(`/runs/${body.run.id}`, { token })).body.error.message).toBe(
      'There is no key for openai here. Set one of your own, or choose another model.',
    );
  });

  it('that cannot be opened is no reason to fall back at the cost of the deployment', async () => {
    // The deployment has a key of its own there.
    await put(KEY, token, 'openrouter');
    await cloud.db.execute(
      sql`UPDATE provider_keys SET sealed_key = 'v1.00000000.AAAA' WHERE user_id = ${userId}`,
    );
    const asked: string[] = [];
    cloud.fetches.intercept = (service, request, send) => {
      if (service === 'chat') asked.push(new URL(request.url).pathname);
      return service === 'model' ? Promise.resolve(new Response(null, { status: 503 })) : send();
    };
    const fallbacks = [
      { provider: 'openrouter', model: 'anthropic/claude-sonnet-5' },
      { provider: 'ollama', model: 'qwen3-coder' },
    ];
    const prompt = scriptOf({ text: 'Hello.' });
    const { body } = await api.post('/agents', { fallbacks, prompt }, { token });
    expect(await deliverUntilRest(cloud, body.activeRun.id)).toBe('completed');
    expect(asked).toEqual(['/ollama/v1/chat/completions']);
    await api.delete('/provider-keys/openrouter', { token });
  });

  it('that cannot be opened any more fails a run and does not let the deployment pay', async () => {
    await put(KEY);
    await cloud.db.execute(
      sql`UPDATE provider_keys SET sealed_key = 'v1.00000000.AAAA' WHERE user_id = ${userId}`,
    );
    const { body } = await api.post('/agents', { provider: 'openai', prompt: 'Hello' }, { token });
    expect(await deliverUntilRest(cloud, body.activeRun.id)).toBe('failed');
    expect((await api.get(`/runs/${body.activeRun.id}`, { token })).body.error).toMatchObject({
      code: 'modelRejected',
    });
  });

  it('is forgotten once', async () => {
    await put(KEY);
    expect((await api.delete('/provider-keys/openai', { token })).status).toBe(204);
    expect((await api.delete('/provider-keys/openai', { token })).status).toBe(404);
    expect((await api.get('/provider-keys', { token })).body.data).toEqual([]);
  });

  it('is refused where there are none, and when it is none', async () => {
    expect((await put(KEY, token, 'ollama')).status).toBe(404);
    expect((await put(KEY, token, 'gemini')).status).toBe(404);
    expect((await put('two words and more')).body.errors).toMatchObject([{ field: 'body.key' }]);
    expect((await put('short')).status).toBe(400);
  });
});
