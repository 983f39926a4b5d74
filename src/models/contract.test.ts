import { afterEach, describe, expect, test } from 'vitest';
import { answers, callsOf, collect, failure, plays, says, tool, user } from '../../test/support/turns.ts';
import type { Faults } from '../local/model/faults.ts';
import { createModel } from '../local/model/model.ts';
import { createOpenAiApi } from '../local/openai/openai.ts';
import { createAnthropic } from './anthropic.ts';
import { createOpenAi } from './openai.ts';
import {
  type AssistantBlock,
  ModelError,
  type ModelEvent,
  type ModelMessage,
  type ModelProvider,
  type ModelRequest,
  type ModelTurn,
} from './port.ts';

/** What every provider holds to, each against its own API on the wire. */

interface Upstream {
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}
interface Options {
  faults?: Faults;
  chunkChars?: number;
}
type Send = typeof fetch;

const API_KEY = 'sk-the-secret-key';
const MAX_PRICE = { prompt: 10, completion: 50 };

const chat = (dialect: 'openai' | 'openrouter' | 'ollama', model: string) => ({
  name: dialect,
  model,
  serve: (options: Options): Upstream => createOpenAiApi({ dialect, apiKey: API_KEY, ...options }),
  connect: (send: Send, apiKey: string, timeoutMs: number): ModelProvider =>
    createOpenAi({
      dialect,
      apiKey,
      baseUrl: 'http://model/v1',
      timeoutMs,
      maxPrice: MAX_PRICE,
      fetch: send,
    }),
});

const PROVIDERS = [
  {
    name: 'anthropic',
    model: 'claude-sonnet-5-5',
    serve: (options: Options): Upstream => createModel({ apiKey: API_KEY, ...options }),
    connect: (send: Send, apiKey: string, timeoutMs: number): ModelProvider =>
      createAnthropic({ apiKey, baseUrl: 'http://model', timeoutMs, fetch: send }),
  },
  chat('openai', 'gpt-6-sol'),
  chat('openrouter', 'anthropic/claude-sonnet-5'),
  chat('ollama', 'qwen3-coder'),
];

const upstreams: Upstream[] = [];
afterEach(async () => {
  await Promise.all(upstreams.splice(0).map((upstream) => upstream.close()));
});

describe.each(PROVIDERS)('$name', ({ name, model, serve, connect }) => {
  function open({
    key = API_KEY,
    timeoutMs = 10_000,
    ...options
  }: Options & { key?: string; timeoutMs?: number } = {}) {
    const upstream = serve(options);
    upstreams.push(upstream);
    let requests = 0;
    const stream = connect(
      (input, init) => {
        requests += 1;
        return upstream.fetch(new Request(input, init));
      },
      key,
      timeoutMs,
    );
    const ask = (messages: ModelMessage[], rest: Partial<ModelRequest> = {}) =>
      stream({
        model,
        system: 'You write code.',
        messages,
        tools: [tool('read_file'), tool('edit_file')],
        maxOutputTokens: 16_000,
        signal: new AbortController().signal,
        ...rest,
      });
    return { ask, requests: () => requests };
  }

  test('streams its text as it comes and ends with the whole of it', async () => {
    const { ask } = open({ chunkChars: 5 });
    let begun = 0;
    const onBegun = () => {
      begun += 1;
    };
    const { texts, turn } = await collect(ask([plays({ text: 'Hello there, 🙂 you.' })], { onBegun }));
    expect(texts.length).toBeGreaterThan(3);
    expect(texts.join('')).toBe('Hello there, 🙂 you.');
    expect(turn.content).toEqual([{ type: 'text', text: 'Hello there, 🙂 you.' }]);
    expect(turn.stopReason).toBe('endTurn');
    expect(begun).toBe(1);
  });

  test('carries parallel tool calls whose arguments come in pieces, and goes on from their results', async () => {
    const { ask } = open({ chunkChars: 3 });
    const edit = { path: 'src/a.ts', edits: [{ from: '"x"', to: '{"y": [1, null, "é\\n"]}' }] };
    const task = plays(
      {
        text: 'I look.',
        calls: [
          { name: 'read_file', input: { path: 'a' } },
          { name: 'edit_file', input: edit },
          { name: 'read_file', input: {} },
        ],
      },
      { text: 'All done.' },
    );
    const first = await collect(ask([task]));
    expect(first.turn.stopReason).toBe('toolCalls');
    const calls = callsOf(first.turn.content);
    expect(calls.map(({ name: called, input }) => [called, input])).toEqual([
      ['read_file', { path: 'a' }],
      ['edit_file', edit],
      ['read_file', {}],
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
    const stored: ModelMessage = {
      role: 'assistant',
      content: JSON.parse(JSON.stringify(first.turn.content)),
    };
    const second = await collect(ask([task, stored, answers(first.turn)]));
    expect(second.texts.join('')).toBe('All done.');
    expect(second.turn.stopReason).toBe('endTurn');
  });

  test('takes results with what the user adds to them, and those of calls that failed', async () => {
    const { ask } = open();
    const task = plays({ calls: [{ name: 'read_file', input: {} }] }, { text: 'Then not.' });
    const { turn } = await collect(ask([task]));
    const [call] = callsOf(turn.content);
    const heard = user(
      { type: 'text', text: 'Never mind.' },
      { type: 'toolResult', id: call?.id ?? '', output: 'no such file', isError: true },
    );
    const next = await collect(ask([task, { role: 'assistant', content: turn.content }, heard]));
    expect(next.turn.stopReason).toBe('endTurn');
  });

  test('counts what was read, what was written, and what the cache gave', async () => {
    const { ask } = open();
    const task = plays({ calls: [{ name: 'read_file', input: {} }], repeat: 1 }, { text: 'Done.' });
    const system = 'You write code. '.repeat(1_000);
    const first = await collect(ask([task], { system }));
    const { inputTokens, cacheWriteTokens, cacheReadTokens, outputTokens } = first.turn.usage;
    expect(inputTokens + cacheWriteTokens).toBeGreaterThan(4_000);
    expect(cacheReadTokens).toBe(0);
    expect(outputTokens).toBeGreaterThan(0);
    const messages = [task, { role: 'assistant', content: first.turn.content } as const, answers(first.turn)];
    const second = await collect(ask(messages, { system }));
    if (name === 'ollama') expect(second.turn.usage.cacheReadTokens).toBe(0);
    else expect(second.turn.usage.cacheReadTokens).toBeGreaterThan(4_000);
    if (name === 'openrouter') expect(second.turn.reportedMicroUsd).toBeGreaterThan(0);
    else expect(second.turn).not.toHaveProperty('reportedMicroUsd');
  });

  test.each([
    ['max_tokens', 'maxTokens'],
    ['refusal', 'refusal'],
  ])('says why it stopped: %s', async (stopReason, expected) => {
    const { turn, texts } = await collect(open().ask([plays({ text: 'Well,', stopReason })]));
    expect(turn.stopReason).toBe(expected);
    expect(texts.join('')).toBe('Well,');
  });

  test('leaves out a call that was cut off by the limit, and can be answered', async () => {
    const { ask } = open({ chunkChars: 8_192 });
    const task = plays(
      {
        text: 'I write it all.',
        calls: [
          { name: 'read_file', input: { path: 'a' } },
          { name: 'edit_file', input: { text: 'x'.repeat(80_000) } },
        ],
      },
      { text: 'So be it.' },
    );
    const { turn } = await collect(ask([task]));
    expect(turn.stopReason).toBe('maxTokens');
    expect(turn.content).toMatchObject([
      { type: 'text', text: 'I write it all.' },
      { type: 'toolCall', input: { path: 'a' } },
    ]);
    const next = ask([task, { role: 'assistant', content: turn.content }, answers(turn)]);
    expect((await collect(next)).turn.stopReason).toBe('endTurn');
  });

  test('goes on with what another provider began, without its thoughts', async () => {
    const { ask } = open();
    const task = plays({ calls: [{ name: 'read_file', input: {} }] }, { text: 'I go on.' });
    const others = PROVIDERS.filter((other) => other.name !== name).map(
      (other): AssistantBlock => ({ type: 'reasoning', provider: other.name, data: { type: 'thinking' } }),
    );
    const call: AssistantBlock = {
      type: 'toolCall',
      id: 'toolu_0123456789abcdefghijklmn',
      name: 'read_file',
      input: {},
    };
    const turn: ModelTurn = {
      content: [...others, call],
      stopReason: 'toolCalls',
      usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
    };
    const next = await collect(ask([task, { role: 'assistant', content: turn.content }, answers(turn)]));
    expect(next.texts.join('')).toBe('I go on.');
  });

  test.each([
    ['a rate limit', { kind: 'rateLimited', retryAfterSeconds: 7 } as const, 7_000],
    ['overload', { kind: 'overloaded' } as const, undefined],
    ['an error of the server', { kind: 'serverError' } as const, undefined],
  ])('may be asked again after %s, and was asked once', async (_, fault, retryAfterMs) => {
    const { ask, requests } = open({ faults: [fault] });
    const { error } = await failure(ask([says('What is this?')]));
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ retryable: true, contextFull: false, retryAfterMs });
    expect(requests()).toBe(1);
    await collect(ask([says('What is this?')]));
  });

  test.each([
    ['ends early', { kind: 'cut', afterEvents: 6, how: 'close' } as const],
    ['breaks', { kind: 'cut', afterEvents: 6, how: 'reset' } as const],
    ['ends in an error', { kind: 'errorEvent', afterEvents: 6 } as const],
  ])('gives no turn when its stream %s, and may be asked again', async (_, fault) => {
    const { ask } = open({ faults: [fault], chunkChars: 4 });
    const { error, text } = await failure(ask([plays({ text: 'Hello there, you all of you.' })]));
    expect(error).toMatchObject({ name: 'ModelError', retryable: true });
    expect('Hello there, you all of you.'.startsWith(text) && text.length > 0).toBe(true);
  });

  test.each([0, 6])('ends at its timeout when nothing comes after %i events', async (afterEvents) => {
    const { ask } = open({ faults: [{ kind: 'stalled', afterEvents }], timeoutMs: 60, chunkChars: 4 });
    const { error } = await failure(ask([plays({ text: 'Hello there, you.' })]));
    expect(error).toMatchObject({ name: 'ModelError', retryable: true });
  });

  const refusals: [string, { key?: string }, Partial<ModelRequest>, boolean][] = [
    ['the model is not offered', {}, { model: 'no-such-model' }, false],
    ['the request is malformed', {}, { tools: [tool('no good name')] }, false],
    ['the conversation is too long', {}, { system: 'long '.repeat(820_000) }, true],
    // Ollama has no keys.
    ...(name === 'ollama'
      ? []
      : [['the key is wrong', { key: 'sk-another-key' }, {}, false] satisfies (typeof refusals)[number]]),
  ];

  test.each(refusals)(
    'may not be asked again when %s, and says so without key or prompt',
    async (_, setup, rest, contextFull) => {
      const { error } = await failure(open(setup).ask([says('My secret prompt')], rest));
      expect(error).toMatchObject({
        name: 'ModelError',
        retryable: false,
        retryAfterMs: undefined,
        contextFull,
      });
      const { message } = error instanceof Error ? error : new Error();
      expect(message).toMatch(/^The .+\.$/);
      expect(message).not.toMatch(/sk-|secret/);
    },
  );

  test.each([0, 6])('ends with the reason of an abort after %i events', async (afterEvents) => {
    const { ask } = open({ faults: [{ kind: 'stalled', afterEvents }], chunkChars: 4 });
    const controller = new AbortController();
    const failed = failure(ask([plays({ text: 'Hello there, you.' })], { signal: controller.signal }));
    setTimeout(() => controller.abort(), 20);
    const { error } = await failed;
    expect(error).toBe(controller.signal.reason);
  });

  test('ends between two pieces of text when it is aborted there', async () => {
    const { ask } = open({ chunkChars: 4 });
    const controller = new AbortController();
    const reason = new Error('the user cancelled');
    const read: ModelEvent[] = [];
    const reading = (async () => {
      for await (const event of ask([plays({ text: 'Hello there, you.' })], { signal: controller.signal })) {
        read.push(event);
        controller.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    expect(read.some(({ type }) => type === 'turn')).toBe(false);
  });
});
