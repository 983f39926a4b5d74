import { describe, expect, test } from 'vitest';
import { testCatalogue } from '../../test/support/catalogue.ts';
import { envSchema } from '../env.ts';
import { MODELS } from '../local/model/catalog.ts';
import { createModel } from '../local/model/model.ts';
import { PROVIDERS } from './catalogue.ts';
import type { ModelEvent, ModelRequest } from './port.ts';
import { createModels } from './providers.ts';

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

const catalogue = testCatalogue();
const anthropic = { apiKey: 'the key', baseUrl: 'http://model' };
const openrouterMaxPrice = { prompt: 10, completion: 50 };

describe('models', () => {
  test('are known by provider and id, and by any name at OpenRouter and Ollama', () => {
    expect(catalogue.find('anthropic', 'claude-sonnet-5-5')).toMatchObject({ contextTokens: 1_000_000 });
    expect(catalogue.find('openai', 'gpt-6-sol')).toMatchObject({ maxOutputTokens: 128_000 });
    expect(catalogue.find('anthropic', 'gpt-6-sol')).toBeUndefined();
    expect(catalogue.find('openai', 'claude-sonnet-5-5')).toBeUndefined();
    expect(catalogue.find('anthropic', 'toString')).toBeUndefined();
    expect(catalogue.find('toString', 'claude-sonnet-5-5')).toBeUndefined();
    expect(catalogue.find('openrouter', 'anthropic/claude-sonnet-5:floor')).toBeDefined();
    expect(catalogue.find('ollama', 'qwen3-coder:30b')?.price.input).toBe(0);
    expect(catalogue.find('ollama', '../../etc/passwd')).toBeUndefined();
    expect(catalogue.find('openrouter', 'a model')).toBeUndefined();
  });

  test('include the defaults of the environment', () => {
    const { shape } = envSchema;
    expect(PROVIDERS).toContain(shape.LLM_PROVIDER.parse(undefined));
    expect(catalogue.find('anthropic', shape.ANTHROPIC_MODEL.parse(undefined))).toBeDefined();
    expect(catalogue.find('openai', shape.OPENAI_MODEL.parse(undefined))).toBeDefined();
    expect(catalogue.find('openrouter', shape.OPENROUTER_MODEL.parse(undefined))).toBeDefined();
    expect(catalogue.find('ollama', shape.OLLAMA_MODEL.parse(undefined))).toBeDefined();
  });

  test('are listed, those of the default provider first', () => {
    expect(catalogue.list()[0]).toMatchObject({ provider: 'anthropic', model: 'claude-sonnet-5-5' });
    for (const { provider, model, entry } of catalogue.list()) {
      expect(catalogue.find(provider, model)).toBe(entry);
    }
  });
});

test('the local model serves only models that may be used, with the same limits', () => {
  for (const { id, alias, contextTokens, maxOutputTokens } of MODELS) {
    for (const model of [id, alias ?? id]) {
      expect(catalogue.find('anthropic', model)).toMatchObject({ contextTokens, maxOutputTokens });
    }
  }
});

describe('createModels', () => {
  test('answers through the provider, which is loaded by the first call and used by those after it', async () => {
    const upstream = createModel({ apiKey: 'the key' });
    const models = createModels({
      connections: { anthropic },
      openrouterMaxPrice,
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
    const keyless = { apiKey: undefined, baseUrl: 'http://model' };
    const models = createModels({
      connections: { anthropic, openai: keyless, ollama: keyless },
      openrouterMaxPrice,
      timeoutMs: 5_000,
    });
    expect(['anthropic', 'openai', 'openrouter', 'ollama', 'toString'].map(models.isConnected)).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
    for (const name of ['openai', 'openrouter', 'toString']) {
      expect(() => models.for(name)).toThrow(`There is no key for ${name} here.`);
    }
  });

  test("asks with the key of the user where there is one, and with nobody else's", async () => {
    const keys: (string | null)[] = [];
    const models = createModels({
      connections: {
        openai: { apiKey: 'the key', baseUrl: 'http://model' },
        ollama: { apiKey: undefined, baseUrl: 'http://model' },
      },
      openrouterMaxPrice,
      timeoutMs: 5_000,
      fetch: async (input, init) => {
        keys.push(new Request(input, init).headers.get('authorization'));
        return Response.json({ error: { message: 'no' } }, { status: 401 });
      },
    });
    for (const [provider, own] of [
      ['openai', 'mine'],
      ['openai', null],
      ['ollama', 'mine'],
    ] as const) {
      await expect(collect(models.for(provider, own)(request()))).rejects.toThrow('API key');
    }
    expect(keys).toEqual(['Bearer mine', 'Bearer the key', null]);
  });

  test('sends nothing for a request that was aborted before it began', async () => {
    let sent = 0;
    const models = createModels({
      connections: { anthropic },
      openrouterMaxPrice,
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
