import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeRequest } from './anthropic-request.ts';
import type { AssistantBlock, ModelMessage, ModelRequest, UserBlock } from './port.ts';

const cached = { type: 'ephemeral' };
const text = (value: string) => ({ type: 'text', text: value }) as const;
const user = (...content: UserBlock[]): ModelMessage => ({ role: 'user', content });
const assistant = (...content: AssistantBlock[]): ModelMessage => ({ role: 'assistant', content });
const call = (id: string): AssistantBlock => ({
  type: 'toolCall',
  id,
  name: 'read_file',
  input: { path: id },
});
const result = (id: string, output = 'text'): UserBlock => ({
  type: 'toolResult',
  id,
  output,
  isError: false,
});
const thought = { type: 'thinking', thinking: 'I look first.', signature: 'sig' };

function encode(messages: ModelMessage[], rest: Partial<ModelRequest> = {}) {
  return encodeRequest({
    model: 'claude-sonnet-5-5',
    system: 'You write code.',
    messages,
    tools: [],
    maxOutputTokens: 32_000,
    signal: new AbortController().signal,
    ...rest,
  });
}

describe('a request', () => {
  test('carries model, instructions, tools and a limit, and leaves thinking to the model', () => {
    const tool = {
      name: 'read_file',
      description: 'Reads a file.',
      inputSchema: { type: 'object', properties: {} },
    };
    expect(encode([user(text('Hello'))], { tools: [tool] })).toEqual({
      model: 'claude-sonnet-5-5',
      max_tokens: 32_000,
      stream: true,
      system: [{ type: 'text', text: 'You write code.', cache_control: cached }],
      tools: [
        {
          name: 'read_file',
          description: 'Reads a file.',
          input_schema: { type: 'object', properties: {} },
        },
      ],
      messages: [{ role: 'user', content: [{ ...text('Hello'), cache_control: cached }] }],
    });
  });

  test('has no system and no tools when there are none', () => {
    const encoded = encode([user(text('Hello'))], { system: ' ' });
    expect(encoded).not.toHaveProperty('system');
    expect(encoded).not.toHaveProperty('tools');
  });

  test('puts results first and says which are errors', () => {
    const failed: UserBlock = { type: 'toolResult', id: 'b', output: 'no such file', isError: true };
    const { messages } = encode([
      user(text('Read both')),
      assistant(call('a'), call('b')),
      user(text('and hurry'), result('a', ''), failed),
    ]);
    expect(messages.at(-1)?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'a' },
      { type: 'tool_result', tool_use_id: 'b', content: 'no such file', is_error: true },
      { ...text('and hurry'), cache_control: cached },
    ]);
  });

  test('leaves out blank text, and messages of nothing else', () => {
    const { messages } = encode([
      user(text('Hello'), text(' \n')),
      assistant(text('')),
      user(text('\n')),
      user(text('Still there?')),
    ]);
    expect(messages).toEqual([
      { role: 'user', content: [{ ...text('Hello'), cache_control: cached }] },
      { role: 'user', content: [{ ...text('Still there?'), cache_control: cached }] },
    ]);
  });

  test('sends its own reasoning back word for word and leaves out that of others', () => {
    const redacted = { type: 'redacted_thinking', data: 'opaque' };
    const { messages } = encode([
      user(text('Go')),
      assistant(
        { type: 'reasoning', provider: 'anthropic', data: thought },
        { type: 'reasoning', provider: 'openai', data: thought },
        { type: 'reasoning', provider: 'anthropic', data: redacted },
        { type: 'reasoning', provider: 'anthropic', data: { type: 'thinking', thinking: 'unsigned' } },
        { type: 'reasoning', provider: 'anthropic', data: null },
        text('Done.'),
      ),
    ]);
    expect(messages[1]?.content).toEqual([thought, redacted, text('Done.')]);
  });

  test('never ends an assistant message in reasoning', () => {
    const reasoning: AssistantBlock = { type: 'reasoning', provider: 'anthropic', data: thought };
    const { messages } = encode([
      user(text('Go')),
      assistant(text('Well.'), reasoning),
      user(text('On')),
      assistant(reasoning),
    ]);
    expect(messages.map(({ role, content }) => [role, content.length])).toEqual([
      ['user', 1],
      ['assistant', 1],
      ['user', 1],
    ]);
  });
});

describe('cache markers', () => {
  test('stand on the system prompt and at the end of the last two user messages', () => {
    const { system, messages } = encode([
      user(text('Go')),
      assistant(call('a')),
      user(result('a')),
      assistant(call('b'), call('c')),
      user(result('b'), result('c')),
    ]);
    expect(system).toEqual([{ type: 'text', text: 'You write code.', cache_control: cached }]);
    expect(markers(messages)).toEqual(['2.0', '4.1']);
  });

  test('are at most three, never on an assistant message, and never change what came before', () => {
    const blank = fc.constantFrom('', ' ', 'text');
    const userBlock = fc.oneof(
      blank.map(text),
      blank.map((output) => result('a', output)),
    );
    const assistantBlock = fc.constantFrom<AssistantBlock>(text(''), text('well'), call('a'), {
      type: 'reasoning',
      provider: 'anthropic',
      data: thought,
    });
    const message = fc.oneof(
      fc.array(userBlock, { maxLength: 3 }).map((content) => user(...content)),
      fc.array(assistantBlock, { maxLength: 3 }).map((content) => assistant(...content)),
    );
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.array(message, { maxLength: 3 }),
        (before, after) => {
          const shorter = encode(before).messages;
          const longer = encode([...before, ...after]).messages;
          const found = markers(longer);
          expect(found.length).toBeLessThanOrEqual(2);
          expect(found.every((at) => longer[Number(at.split('.')[0])]?.role === 'user')).toBe(true);
          expect(longer.every(({ content }) => content.length > 0)).toBe(true);
          expect(unmarked(longer).slice(0, shorter.length)).toEqual(unmarked(shorter));
        },
      ),
    );
  });
});

type Messages = ReturnType<typeof encode>['messages'];

/** Where cache markers stand, as `<message>.<block>`. */
function markers(messages: Messages): string[] {
  return messages.flatMap(({ content }, at) =>
    typeof content === 'string'
      ? []
      : content.flatMap((block, index) => ('cache_control' in block ? [`${at}.${index}`] : [])),
  );
}

function unmarked(messages: Messages): unknown[] {
  return JSON.parse(JSON.stringify(messages, (key, value) => (key === 'cache_control' ? undefined : value)));
}
