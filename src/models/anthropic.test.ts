import { afterEach, describe, expect, test } from 'vitest';
import { createModel, type Model, type ModelOptions } from '../local/model/model.ts';
import { createAnthropic } from './anthropic.ts';
import {
  type AssistantBlock,
  ModelError,
  type ModelEvent,
  type ModelMessage,
  type ModelRequest,
  type ModelTool,
  type ModelTurn,
  type UserBlock,
} from './port.ts';

/** The provider against the local model, which refuses what the real API refuses. */

const API_KEY = 'sk-ant-the-secret-key';

const tool = (name: string): ModelTool => ({ name, description: name, inputSchema: { type: 'object' } });

const upstreams: Model[] = [];
afterEach(async () => {
  await Promise.all(upstreams.splice(0).map((upstream) => upstream.close()));
});

interface Setup extends ModelOptions {
  timeoutMs?: number;
  key?: string;
}

/** A provider, and the bodies it sent. */
function connect({ timeoutMs = 10_000, key = API_KEY, ...options }: Setup = {}) {
  const upstream = createModel({ apiKey: API_KEY, ...options });
  upstreams.push(upstream);
  const sent: Record<string, unknown>[] = [];
  const stream = createAnthropic({
    apiKey: key,
    baseUrl: 'http://model',
    timeoutMs,
    fetch: (input, init) => {
      const request = new Request(input, init);
      if (typeof init?.body === 'string') sent.push(JSON.parse(init.body));
      return upstream.fetch(request);
    },
  });
  const ask = (messages: ModelMessage[], rest: Partial<ModelRequest> = {}) =>
    stream({
      model: 'claude-sonnet-5-5',
      system: 'You write code. '.repeat(300),
      messages,
      tools: [tool('read_file'), tool('edit_file')],
      maxOutputTokens: 32_000,
      signal: new AbortController().signal,
      ...rest,
    });
  return { ask, sent };
}

const user = (...content: UserBlock[]): ModelMessage => ({ role: 'user', content });
const says = (text: string) => user({ type: 'text', text });
const plays = (...turns: unknown[]) => says(`Play this.\n\`\`\`script\n${JSON.stringify(turns)}\n\`\`\``);

async function collect(events: AsyncIterable<ModelEvent>): Promise<{ texts: string[]; turn: ModelTurn }> {
  const texts: string[] = [];
  let turn: ModelTurn | undefined;
  for await (const event of events) {
    expect(turn, 'nothing comes after the turn').toBeUndefined();
    if (event.type === 'turn') turn = event.turn;
    else texts.push(event.text);
  }
  if (!turn) throw new Error('The stream gave no turn.');
  return { texts, turn };
}

async function failure(events: AsyncIterable<ModelEvent>): Promise<{ error: unknown; text: string }> {
  let text = '';
  try {
    for await (const event of events) if (event.type === 'textDelta') text += event.text;
  } catch (error) {
    return { error, text };
  }
  throw new Error('The call did not fail.');
}

const callsOf = (content: AssistantBlock[]) =>
  content.flatMap((block) => (block.type === 'toolCall' ? [block] : []));

const answers = (turn: ModelTurn) =>
  user(
    ...callsOf(turn.content).map(
      ({ id, name }): UserBlock => ({
        type: 'toolResult',
        id,
        output: `${name} went well`,
        isError: false,
      }),
    ),
  );

describe('a turn', () => {
  test('streams its text as it comes and ends with the whole of it', async () => {
    const { ask } = connect({ chunkChars: 5 });
    const { texts, turn } = await collect(ask([plays({ text: 'Hello there, 🙂 you.' })]));
    expect(texts.length).toBeGreaterThan(3);
    expect(texts.join('')).toBe('Hello there, 🙂 you.');
    expect(turn.content).toEqual([{ type: 'text', text: 'Hello there, 🙂 you.' }]);
    expect(turn.stopReason).toBe('endTurn');
    expect(turn.usage.outputTokens).toBeGreaterThan(0);
  });

  test('carries parallel tool calls, and goes on from their results', async () => {
    const { ask } = connect({ chunkChars: 3 });
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
    expect(callsOf(first.turn.content).map(({ name, input }) => [name, input])).toEqual([
      ['read_file', { path: 'a' }],
      ['edit_file', edit],
      ['read_file', {}],
    ]);
    const second = await collect(
      ask([task, { role: 'assistant', content: first.turn.content }, answers(first.turn)]),
    );
    expect(second.texts.join('')).toBe('All done.');
    expect(second.turn.stopReason).toBe('endTurn');
  });

  test('keeps its thinking, which is accepted two turns later and after being stored as JSON', async () => {
    const { ask } = connect();
    const step = { thinking: 'First the file.', calls: [{ name: 'read_file', input: { path: 'a' } }] };
    const messages = [plays(step, { ...step, thinking: 'Now the other.' }, { text: 'Done.' })];
    for (const reasonings of [1, 1, 0]) {
      const { turn, texts } = await collect(ask(messages));
      expect(turn.content.filter(({ type }) => type === 'reasoning')).toHaveLength(reasonings);
      expect(texts.join('')).toBe(reasonings ? '' : 'Done.');
      messages.push({ role: 'assistant', content: JSON.parse(JSON.stringify(turn.content)) });
      if (reasonings) messages.push(answers(turn));
    }
  });

  test('would be refused with altered thinking', async () => {
    const { ask } = connect();
    const task = plays({ thinking: 'Hm.', calls: [{ name: 'read_file', input: {} }] });
    const { turn } = await collect(ask([task]));
    const content = turn.content.map((block) =>
      block.type === 'reasoning'
        ? { ...block, data: { type: 'thinking', thinking: 'Ha.', signature: 'forged' } }
        : block,
    );
    const { error } = await failure(ask([task, { role: 'assistant', content }, answers(turn)]));
    expect(error).toMatchObject({ retryable: false });
  });

  test.each([
    ['max_tokens', 'maxTokens'],
    ['refusal', 'refusal'],
    ['pause_turn', 'pauseTurn'],
    ['model_context_window_exceeded', 'contextFull'],
  ])('that stops because of %s says %s', async (stopReason, expected) => {
    const { turn, texts } = await collect(connect().ask([plays({ text: 'Well,', stopReason })]));
    expect(turn.stopReason).toBe(expected);
    expect(texts.join('')).toBe('Well,');
  });

  test('that is cut off within a call keeps its text and the calls before, and can be answered', async () => {
    const { ask } = connect({ chunkChars: 8_192 });
    const task = plays({
      text: 'I write it all.',
      calls: [
        { name: 'read_file', input: { path: 'a' } },
        { name: 'edit_file', input: { text: 'x'.repeat(140_000) } },
      ],
    });
    const { turn } = await collect(ask([task]));
    expect(turn.stopReason).toBe('maxTokens');
    expect(turn.content).toMatchObject([
      { type: 'text', text: 'I write it all.' },
      { type: 'toolCall', input: { path: 'a' } },
    ]);
    const next = ask([task, { role: 'assistant', content: turn.content }, answers(turn)]);
    expect((await collect(next)).turn.stopReason).toBe('endTurn');
  });
});

describe('the prompt cache', () => {
  test('is read up to where the previous request wrote, however many results came in between', async () => {
    const { ask, sent } = connect();
    const calls = Array.from({ length: 24 }, (_, at) => ({ name: 'read_file', input: { path: `${at}` } }));
    const messages = [plays({ calls, repeat: 3 })];
    let cached = 0;
    for (const at of [0, 1, 2, 3]) {
      const { turn } = await collect(ask(messages));
      const { usage } = turn;
      expect(usage.cacheReadTokens).toBe(cached);
      expect(usage.cacheWriteTokens).toBeGreaterThan(0);
      expect(usage.inputTokens).toBe(0);
      cached = usage.cacheReadTokens + usage.cacheWriteTokens;
      if (at < 3) messages.push({ role: 'assistant', content: turn.content }, answers(turn));
    }
    for (const body of sent) {
      expect(JSON.stringify(body).match(/"cache_control"/g)?.length).toBeLessThanOrEqual(4);
    }
  });
});

describe('a call that fails', () => {
  test.each([
    ['a rate limit', { kind: 'rateLimited', retryAfterSeconds: 7 } as const, 7_000],
    ['overload', { kind: 'overloaded' } as const, undefined],
    ['an error of the server', { kind: 'serverError' } as const, undefined],
  ])('with %s may be tried again, and was sent once', async (_, fault, retryAfterMs) => {
    const { ask, sent } = connect({ faults: [fault] });
    const { error } = await failure(ask([says('What is this?')]));
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ retryable: true, retryAfterMs });
    expect(sent).toHaveLength(1);
    await collect(ask([says('What is this?')]));
  });

  test.each([
    ['ends early', { kind: 'cut', afterEvents: 6, how: 'close' } as const],
    ['breaks', { kind: 'cut', afterEvents: 6, how: 'reset' } as const],
    ['ends in an error', { kind: 'errorEvent', afterEvents: 6 } as const],
  ])('because its stream %s may be tried again, and gave no turn', async (_, fault) => {
    const { ask } = connect({ faults: [fault], chunkChars: 4 });
    const { error, text } = await failure(ask([plays({ text: 'Hello there, you.' })]));
    expect(error).toMatchObject({ name: 'ModelError', retryable: true });
    expect('Hello there, you.'.startsWith(text) && text.length > 0).toBe(true);
  });

  test.each([0, 6])('because nothing comes after %i events ends at its timeout', async (afterEvents) => {
    const { ask } = connect({ faults: [{ kind: 'stalled', afterEvents }], timeoutMs: 60, chunkChars: 4 });
    const { error } = await failure(ask([plays({ text: 'Hello there, you.' })]));
    expect(error).toMatchObject({ name: 'ModelError', retryable: true });
  });

  test.each([
    ['the key is wrong', { key: 'sk-ant-another-key' }, {}],
    ['the model is not offered', {}, { model: 'claude-9' }],
    ['the request is malformed', {}, { tools: [tool('no good name')] }],
    ['the conversation is too long', {}, { system: 'long '.repeat(820_000) }],
  ])('because %s may not be tried again, and says so without key or prompt', async (_, setup, rest) => {
    const { ask } = connect(setup);
    const { error } = await failure(ask([says('My secret prompt')], rest));
    expect(error).toMatchObject({ name: 'ModelError', retryable: false, retryAfterMs: undefined });
    const { message } = error instanceof Error ? error : new Error();
    expect(message).toMatch(/^The .+\.$/);
    expect(message).not.toMatch(/sk-ant|secret/);
  });
});

describe('an abort', () => {
  test.each([0, 6])('after %i events ends the call with its reason', async (afterEvents) => {
    const { ask } = connect({ faults: [{ kind: 'stalled', afterEvents }], chunkChars: 4 });
    const controller = new AbortController();
    const failed = failure(ask([plays({ text: 'Hello there, you.' })], { signal: controller.signal }));
    setTimeout(() => controller.abort(), 20);
    const { error } = await failed;
    expect(error).toBe(controller.signal.reason);
    expect(error).toMatchObject({ name: 'AbortError' });
  });

  test('between two pieces of text ends the call before the next', async () => {
    const { ask } = connect({ chunkChars: 4 });
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
