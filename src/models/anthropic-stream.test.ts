import { describe, expect, test } from 'vitest';
import { listen } from '../local/listen.ts';
import { createAnthropic } from './anthropic.ts';
import type { ModelEvent, ModelMessage, ModelProvider, ModelRequest, ModelTurn } from './port.ts';

/** Streams that the local model does not send, event by event. */

const usage = {
  input_tokens: 10,
  output_tokens: 1,
  cache_read_input_tokens: 200,
  cache_creation_input_tokens: null,
};
const start = { type: 'message_start', message: { id: 'msg_1', usage } };
const stop = { type: 'message_stop' };
const ends = (reason: string | null, counts = {}) => ({
  type: 'message_delta',
  delta: { stop_reason: reason },
  usage: { output_tokens: 42, ...counts },
});
const block = (index: number, content: unknown, ...deltas: unknown[]) => [
  { type: 'content_block_start', index, content_block: content },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
];
const text = (index: number, value: string) =>
  block(index, { type: 'text', text: '' }, { type: 'text_delta', text: value });
const call = (index: number, json: string) =>
  block(
    index,
    { type: 'tool_use', id: 'toolu_1', name: 'read_file', input: {} },
    { type: 'input_json_delta', partial_json: json },
  );

function sse(...events: { type: string }[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

const streams = (...events: { type: string }[]) =>
  new Response(sse(...events), { headers: { 'content-type': 'text/event-stream' } });

const refuses = (status: number, type: string, message: string, headers = {}) =>
  Response.json({ type: 'error', error: { type, message } }, { status, headers });

/** A provider whose requests are answered one after the other. */
function answering(...answers: (Response | Error)[]) {
  const requests: { headers: Headers; body: unknown }[] = [];
  const provider = createAnthropic({
    apiKey: 'the key',
    baseUrl: 'http://model',
    timeoutMs: 5_000,
    fetch: async (input, init) => {
      const sent = new Request(input, init);
      requests.push({ headers: sent.headers, body: await sent.json() });
      const answer = answers.shift();
      if (answer instanceof Response) return answer;
      throw answer ?? new Error('An unexpected request was sent.');
    },
  });
  return { provider, requests };
}

const request = (rest: Partial<ModelRequest> = {}): ModelRequest => ({
  model: 'claude-sonnet-5-5',
  maxOutputTokens: 32_000,
  system: 'You write code.',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Go' }] }],
  tools: [],
  signal: new AbortController().signal,
  ...rest,
});

async function collect(provider: ModelProvider, rest?: Partial<ModelRequest>): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of provider(request(rest))) events.push(event);
  return events;
}

async function turnOf(...events: { type: string }[]): Promise<ModelTurn> {
  const last = (await collect(answering(streams(...events)).provider)).at(-1);
  if (last?.type !== 'turn') throw new Error('The stream gave no turn.');
  return last.turn;
}

describe('a stream', () => {
  test('gives thinking word for word, whatever its pieces, and it goes back unchanged', async () => {
    const thinking = { type: 'thinking', thinking: 'First this, then that.', signature: 'c2ln' };
    const redacted = { type: 'redacted_thinking', data: 'b3BhcXVl' };
    const turn = await turnOf(
      start,
      ...block(
        0,
        { type: 'thinking', thinking: '', signature: '' },
        { type: 'thinking_delta', thinking: 'First this, ' },
        { type: 'thinking_delta', thinking: 'then that.' },
        { type: 'signature_delta', signature: 'c2ln' },
      ),
      ...block(1, redacted),
      ...text(2, 'Done.'),
      ends('end_turn'),
      stop,
    );
    expect(turn.content).toEqual([
      { type: 'reasoning', provider: 'anthropic', data: thinking },
      { type: 'reasoning', provider: 'anthropic', data: redacted },
      { type: 'text', text: 'Done.' },
    ]);

    const { provider, requests } = answering(streams(start, ...text(0, 'Yes.'), ends('end_turn'), stop));
    const messages: ModelMessage[] = [
      ...request().messages,
      { role: 'assistant', content: turn.content },
      { role: 'user', content: [{ type: 'text', text: 'Really?' }] },
    ];
    await collect(provider, { messages });
    expect(requests[0]?.body).toMatchObject({
      messages: [{}, { content: [thinking, redacted, { type: 'text', text: 'Done.' }] }, {}],
    });
  });

  test('counts tokens by what was said last, nulls aside', async () => {
    const counts = { input_tokens: 12, cache_read_input_tokens: null, cache_creation_input_tokens: 30 };
    const turn = await turnOf(start, ...text(0, 'Hi.'), ends('end_turn', counts), stop);
    expect(turn.usage).toEqual({
      inputTokens: 12,
      outputTokens: 42,
      cacheReadTokens: 200,
      cacheWriteTokens: 30,
    });
  });

  test('shows no thinking and no calls as text, and passes over what it was not asked to know', async () => {
    const { provider } = answering(
      streams(
        start,
        { type: 'ping' },
        ...block(
          0,
          { type: 'thinking', thinking: '', signature: 's' },
          { type: 'thinking_delta', thinking: 'Hm' },
        ),
        ...text(1, 'Hello'),
        ...block(2, { type: 'server_tool_use', id: 'srv', name: 'web_search', input: {} }),
        { type: 'an_event_of_next_year' },
        ...call(3, '{}'),
        ends('tool_use'),
        stop,
      ),
    );
    const events = await collect(provider);
    expect(events.filter(({ type }) => type === 'textDelta')).toEqual([{ type: 'textDelta', text: 'Hello' }]);
    expect(events.at(-1)).toMatchObject({
      turn: { content: [{ type: 'reasoning' }, { type: 'text' }, { type: 'toolCall', input: {} }] },
    });
  });

  test('leaves out a thought that was cut off before it was signed', async () => {
    const unsigned = block(0, { type: 'thinking', thinking: 'Hm', signature: '' });
    expect((await turnOf(start, ...unsigned, ends('max_tokens'), stop)).content).toEqual([]);
  });

  test.each(['max_tokens', 'refusal', 'model_context_window_exceeded'])(
    'that stops by %s within a call leaves the call out',
    async (reason) => {
      const turn = await turnOf(start, ...text(0, 'So:'), ...call(1, '{"path": "a'), ends(reason), stop);
      expect(turn.content).toEqual([{ type: 'text', text: 'So:' }]);
    },
  );

  test.each(['{"path": ', '[1]', 'null'])('whose call reads %s gives no turn', async (json) => {
    await expect(turnOf(start, ...call(0, json), ends('tool_use'), stop)).rejects.toMatchObject({
      name: 'ModelError',
      retryable: true,
    });
  });

  test.each([
    ['an end', [start, ...text(0, 'So'), ends('end_turn')]],
    ['a reason to stop', [start, ...text(0, 'So'), ends(null), stop]],
    ['anything', []],
  ])('without %s gives no turn', async (_, events) => {
    await expect(turnOf(...events)).rejects.toMatchObject({ name: 'ModelError', retryable: true });
  });

  test('that stops for an unknown reason gives no turn and is not tried again', async () => {
    await expect(turnOf(start, ends('boredom'), stop)).rejects.toMatchObject({
      name: 'ModelError',
      retryable: false,
    });
  });

  test('that is not JSON is a broken connection', async () => {
    const garbled = new Response(`${sse(start)}event: message_delta\ndata: {"ty\n\n`);
    await expect(collect(answering(garbled).provider)).rejects.toMatchObject({ retryable: true });
  });

  test.each([
    ['overloaded_error', true],
    ['rate_limit_error', true],
    ['api_error', true],
    ['an_error_of_next_year', true],
    ['invalid_request_error', false],
    ['authentication_error', false],
    ['permission_error', false],
    ['billing_error', false],
    ['not_found_error', false],
  ])('that ends in %s: may be tried again is %s', async (type, retryable) => {
    const error = { type: 'error', error: { type, message: 'The secret prompt' } };
    const reading = turnOf(start, ...text(0, 'So'), error);
    await expect(reading).rejects.toMatchObject({ name: 'ModelError', retryable });
    await expect(reading).rejects.not.toThrow('secret');
  });
});

describe('an answer of', () => {
  test.each([
    [400, false],
    [401, false],
    [402, false],
    [403, false],
    [404, false],
    [413, false],
    [408, true],
    [409, true],
    [429, true],
    [500, true],
    [502, true],
    [504, true],
    [529, true],
  ])('%i: may be tried again is %s', async (status, retryable) => {
    const { provider, requests } = answering(refuses(status, 'api_error', 'The secret prompt'));
    const asked = collect(provider);
    await expect(asked).rejects.toMatchObject({ name: 'ModelError', retryable, retryAfterMs: undefined });
    await expect(asked).rejects.not.toThrow('secret');
    expect(requests).toHaveLength(1);
  });

  test.each([
    ['30', 30_000],
    ['0.5', 500],
    ['0', 0],
    ['soon', undefined],
  ])('429 with retry-after %s waits %s ms', async (header, retryAfterMs) => {
    const { provider } = answering(refuses(429, 'rate_limit_error', 'Slow down', { 'retry-after': header }));
    await expect(collect(provider)).rejects.toMatchObject({ retryable: true, retryAfterMs });
  });

  test('nothing at all is a broken connection', async () => {
    const { provider } = answering(new TypeError('fetch failed'));
    await expect(collect(provider)).rejects.toMatchObject({ name: 'ModelError', retryable: true });
  });
});

describe('thinking that no longer fits what came before it', () => {
  const refusal = () =>
    refuses(
      400,
      'invalid_request_error',
      'messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation.',
    );

  test('is dropped by the API when asked, and the conversation goes on', async () => {
    const { provider, requests } = answering(
      refusal(),
      streams(start, ...text(0, 'On we go.'), ends('end_turn'), stop),
    );
    expect((await collect(provider)).at(-1)).toMatchObject({ turn: { stopReason: 'endTurn' } });
    const [first, second] = requests;
    const thinking = { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'drop_block' } };
    expect(second?.body).toEqual(Object.assign({}, first?.body, { thinking }));
    expect(first?.headers.get('anthropic-beta')).toBeNull();
    expect(second?.headers.get('anthropic-beta')).toBe('thinking-binding-controls-2026-08-01');
  });

  test('is asked for once', async () => {
    const { provider, requests } = answering(refusal(), refusal());
    await expect(collect(provider)).rejects.toMatchObject({ name: 'ModelError', retryable: false });
    expect(requests).toHaveLength(2);
  });
});

describe('the connection', () => {
  const LONG_MS = 60_000;
  const leavings: [string, timeoutMs: number, (provider: ModelProvider) => Promise<unknown>][] = [
    [
      'the caller aborts',
      LONG_MS,
      async (provider) => {
        const controller = new AbortController();
        for await (const _ of provider(request({ signal: controller.signal }))) controller.abort();
      },
    ],
    [
      'the reader leaves',
      LONG_MS,
      async (provider) => {
        for await (const _ of provider(request())) break;
      },
    ],
    [
      'time is up',
      // So long that the stream has begun by then, on a loaded machine as well.
      1_000,
      async (provider) => {
        for await (const _ of provider(request()));
      },
    ],
  ];

  test.each(leavings)('is closed when %s in the middle of a stream', async (_, timeoutMs, leave) => {
    const closed = Promise.withResolvers<void>();
    const hello = new TextEncoder().encode(sse(start, ...text(0, 'Hello')));
    const server = await listen(
      () =>
        new Response(
          new ReadableStream({ start: (body) => body.enqueue(hello), cancel: () => closed.resolve() }),
          { headers: { 'content-type': 'text/event-stream' } },
        ),
    );
    await leave(createAnthropic({ apiKey: 'the key', baseUrl: server.url, timeoutMs })).catch(() => {});
    await closed.promise;
    await server.close();
  });
});
