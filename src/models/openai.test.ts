import { describe, expect, test } from 'vitest';
import { createOpenAi } from './openai.ts';
import { encodeRequest } from './openai-request.ts';
import type { ModelEvent, ModelRequest, ModelTurn } from './port.ts';

/** Answers that the local services do not give, piece by piece. */

const usage = { prompt_tokens: 100, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 60 } };
const chunk = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
const call = (index: number, json: string, id = `call_${index}`) =>
  chunk({ tool_calls: [{ index, id, function: { name: 'read_file', arguments: json } }] });
const end = (reason: string) => [chunk({}, reason), { choices: [], usage }];

const streams = (...chunks: object[]) =>
  new Response(
    `${[...chunks.map((piece) => JSON.stringify(piece)), '[DONE]'].map((data) => `data: ${data}`).join('\n\n')}\n\n`,
    { headers: { 'content-type': 'text/event-stream' } },
  );
const refuses = (status: number, error: object | string, headers = {}) =>
  Response.json({ error }, { status, headers });

const request = (rest: Partial<ModelRequest> = {}): ModelRequest => ({
  model: 'gpt-6-sol',
  maxOutputTokens: 16_000,
  system: 'You write code.',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Go' }] }],
  tools: [],
  signal: new AbortController().signal,
  ...rest,
});

async function ask(answer: Response, dialect: 'openai' | 'openrouter' = 'openai'): Promise<ModelEvent[]> {
  const provider = createOpenAi({
    dialect,
    apiKey: 'the key',
    baseUrl: 'http://model/v1',
    timeoutMs: 5_000,
    fetch: async () => answer,
  });
  const events: ModelEvent[] = [];
  for await (const event of provider(request())) events.push(event);
  return events;
}

async function turnOf(...chunks: object[]): Promise<ModelTurn> {
  const last = (await ask(streams(...chunks), 'openrouter')).at(-1);
  if (last?.type !== 'turn') throw new Error('The stream gave no turn.');
  return last.turn;
}

describe('a stream', () => {
  test('tells apart calls that come interleaved, and keeps their order', async () => {
    const { content } = await turnOf(
      call(1, '{"path":'),
      call(0, '{"path": "a"}'),
      call(1, ' "b"}'),
      ...end('tool_calls'),
    );
    expect(content).toMatchObject([{ input: { path: 'a' } }, { input: { path: 'b' } }]);
  });

  test.each(['{"path": ', '["a"]', '"a"', 'null'])(
    'marks a call whose input is %s, for the model to be told',
    async (json) => {
      const { content, stopReason } = await turnOf(call(0, json), ...end('tool_calls'));
      expect(stopReason).toBe('toolCalls');
      expect(content).toEqual([
        { type: 'toolCall', id: 'call_0', name: 'read_file', input: {}, unreadable: true },
      ]);
    },
  );

  test('gives a call an id that every provider takes, where it has none or a long one', async () => {
    const { content } = await turnOf(call(0, '{}', ''), call(1, '{}', 'x'.repeat(64)), ...end('tool_calls'));
    const ids = content.flatMap((block) => (block.type === 'toolCall' ? [block.id] : []));
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^call_[0-9a-f]{32}$/);
  });

  test('counts the cached tokens apart, and the bill of OpenRouter and of the upstream', async () => {
    const turn = await turnOf(chunk({ content: 'Hi' }, 'stop'), {
      choices: [],
      usage: { ...usage, cost: 0.000123, is_byok: true, cost_details: { upstream_inference_cost: 0.01 } },
    });
    expect(turn.usage).toEqual({
      inputTokens: 40,
      cacheReadTokens: 60,
      cacheWriteTokens: 0,
      outputTokens: 7,
    });
    expect(turn.reportedMicroUsd).toBe(10_123);
  });

  test('keeps reasoning for the model that thought it', async () => {
    const piece = (text: string) =>
      chunk({
        content: '',
        reasoning_details: [{ type: 'reasoning.text', text, index: 0, signature: null }],
      });
    const { content } = await turnOf(piece('I '), piece('look.'), chunk({ content: 'Hi' }), ...end('stop'));
    const details = [{ type: 'reasoning.text', text: 'I look.', index: 0, signature: null }];
    expect(content[0]).toEqual({
      type: 'reasoning',
      provider: 'openrouter',
      data: { model: 'gpt-6-sol', details },
    });
    const messages = [{ role: 'assistant', content } as const];
    const sent = (model: string) => JSON.stringify(encodeRequest('openrouter', request({ model, messages })));
    expect(sent('gpt-6-sol')).toContain('I look.');
    expect(sent('another/model')).not.toContain('I look.');
  });

  test.each([
    ['without a reason to stop', chunk({ content: 'Hi' }), { choices: [], usage }],
    ['without its usage', chunk({ content: 'Hi' }, 'stop'), chunk({})],
  ])('%s is no turn', async (_, first, second) => {
    await expect(ask(streams(first, second))).rejects.toMatchObject({ name: 'ModelError', retryable: true });
  });

  test.each([
    [{ code: 429, message: 'limited' }, true, false],
    [{ code: 502, message: 'away' }, true, false],
    [{ code: 402, message: 'no credit' }, false, false],
    [{ type: 'server_error', message: 'failed' }, true, false],
    [{ code: 'context_length_exceeded', message: 'long' }, false, true],
    [{ code: 'insufficient_quota', message: 'no credit' }, false, false],
  ])('that ends in %j: may be tried again is %s', async (error, retryable, contextFull) => {
    const asked = ask(streams(chunk({ content: 'Hi' }), { error, choices: [] }), 'openrouter');
    await expect(asked).rejects.toMatchObject({ name: 'ModelError', retryable, contextFull });
  });
});

describe('a refusal', () => {
  test.each([
    [400, { message: 'bad', code: 'invalid_value' }, {}, { retryable: false }],
    [400, { message: "This model's maximum context length is 8 tokens." }, {}, { contextFull: true }],
    [401, { message: 'no' }, {}, { retryable: false }],
    [402, { message: 'no credit' }, {}, { retryable: false }],
    [402, { message: 'too much at once' }, { 'retry-after': '3' }, { retryable: true, retryAfterMs: 3_000 }],
    [403, { message: 'flagged', metadata: { reasons: ['x'] } }, {}, { retryable: false }],
    [404, 'model not found', {}, { retryable: false }],
    [408, { message: 'slow' }, {}, { retryable: true }],
    [409, { message: 'conflict' }, {}, { retryable: true }],
    [413, { message: 'large' }, {}, { retryable: false, contextFull: true }],
    [429, { message: 'limited' }, { 'retry-after': '30' }, { retryable: true, retryAfterMs: 30_000 }],
    [429, { message: 'no credit', type: 'insufficient_quota' }, {}, { retryable: false }],
    [500, { message: 'failed' }, {}, { retryable: true }],
    [503, { message: 'overloaded' }, {}, { retryable: true }],
    [302, { message: 'elsewhere' }, { location: 'http://evil' }, { retryable: false }],
  ])('with %i %j', async (status, error, headers, expected) => {
    await expect(ask(refuses(status, error, headers))).rejects.toMatchObject({
      name: 'ModelError',
      ...expected,
    });
  });

  test('that is a page of some proxy is one as well', async () => {
    const page = new Response('<html>Bad Gateway</html>', { status: 502 });
    await expect(ask(page)).rejects.toMatchObject({ name: 'ModelError', retryable: true });
  });
});

describe('a request', () => {
  test('tells OpenAI not to reason where it would refuse tools otherwise, and OpenRouter what may be spent', () => {
    expect(encodeRequest('openai', request())).toMatchObject({
      reasoning_effort: 'none',
      max_completion_tokens: 16_000,
    });
    expect(encodeRequest('openai', request({ model: 'gpt-4.1' }))).not.toHaveProperty('reasoning_effort');
    const maxPrice = { prompt: 10, completion: 50 };
    expect(encodeRequest('openrouter', request(), { maxPrice })).toMatchObject({
      provider: { max_price: maxPrice },
      max_tokens: 16_000,
    });
  });
});
