import { describe, expect, test } from 'vitest';
import { envSchema } from '../env.ts';
import { MODELS } from '../local/model/catalog.ts';
import { createModel } from '../local/model/model.ts';
import type { ModelEvent, ModelRequest } from './port.ts';
import { createModels, isKnownModel, listModels, PROVIDERS } from './providers.ts';

const request = (signal = new AbortController().signal): ModelRequest => ({
  model: 'claude-sonnet-5-5',
  maxOutputTokens: 32_000,
  system: '',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'What does it do?' }] }],
  tools: [],
  signal,
});

async function collect(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const collected: ModelEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

describe('models', () => {
  test('are known by provider and id', () => {
    expect(isKnownModel('anthropic', 'claude-sonnet-5-5')).toBe(true);
    expect(isKnownModel('anthropic', 'gpt-6')).toBe(false);
    expect(isKnownModel('openai', 'claude-sonnet-5-5')).toBe(false);
    expect(isKnownModel('anthropic', 'toString')).toBe(false);
  });

  test('include the defaults of the environment', () => {
    expect(PROVIDERS).toContain(envSchema.shape.LLM_PROVIDER.parse(undefined));
    expect(isKnownModel('anthropic', envSchema.shape.ANTHROPIC_MODEL.parse(undefined))).toBe(true);
  });

  test('are listed with their limits', () => {
    const listed = listModels();
    expect(listed[0]).toEqual({
      provider: 'anthropic',
      model: 'claude-sonnet-5-5',
      contextTokens: 1_000_000,
      maxOutputTokens: 128_000,
    });
    expect(listed.every(({ provider, model }) => isKnownModel(provider, model))).toBe(true);
  });
});

test('the local model serves only models that may be used, with the same limits', () => {
  const limits = MODELS.flatMap(({ id, alias, contextTokens, maxOutputTokens }) =>
    [id, alias ?? id].map((model) => ({ provider: 'anthropic', model, contextTokens, maxOutputTokens })),
  );
  expect(listModels()).toEqual(expect.arrayContaining(limits));
});

describe('createModels', () => {
  test('answers through the provider, which is loaded by the first call and used by those after it', async () => {
    const upstream = createModel({ apiKey: 'the key' });
    const models = createModels({
      anthropic: { apiKey: 'the key', baseUrl: 'http://model' },
      timeoutMs: 5_000,
      fetch: (input, init) => upstream.fetch(new Request(input, init)),
    });
    const ask = models.for('anthropic');
    const both = await Promise.all([collect(ask(request())), collect(ask(request()))]);
    for (const events of [...both, await collect(models.for('anthropic')(request()))]) {
      expect(events.at(-1)).toMatchObject({ type: 'turn', turn: { stopReason: 'endTurn' } });
    }
    await upstream.close();
  });

  test('refuses a provider that is not connected', () => {
    const anthropic = { apiKey: 'the key', baseUrl: 'http://model' };
    expect(() => createModels({ anthropic, timeoutMs: 5_000 }).for('toString')).toThrow(
      'Cadence is not connected to toString.',
    );
  });

  test('sends nothing for a request that was aborted before it began', async () => {
    let sent = 0;
    const models = createModels({
      anthropic: { apiKey: 'the key', baseUrl: 'http://model' },
      timeoutMs: 5_000,
      fetch: async () => {
        sent += 1;
        return Response.error();
      },
    });
    const reason = new Error('cancelled');
    await expect(collect(models.for('anthropic')(request(AbortSignal.abort(reason))))).rejects.toBe(reason);
    expect(sent).toBe(0);
  });
});
