import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { start } from './model.ts';
import { createClient, script, tool } from './testing.ts';

const MODEL = 'claude-opus-4-5';
const hello = {
  model: MODEL,
  max_tokens: 1000,
  messages: [{ role: 'user' as const, content: 'What are you?' }],
};

describe('the Messages API through its client', () => {
  it('answers as a whole', async () => {
    const { client } = createClient();
    const { data: message, response } = await client.messages.create(hello).withResponse();
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'claude-opus-4-5-20251101',
      stop_reason: 'end_turn',
      content: [{ type: 'text', text: expect.stringContaining('scripted local model') }],
    });
    expect(message.id).toMatch(/^msg_\w+$/);
    expect(response.headers.get('request-id')).toMatch(/^req_\w+$/);
  });

  it('streams the same answer', async () => {
    const { client } = createClient();
    const stream = client.messages.stream(hello);
    const events: string[] = [];
    stream.on('streamEvent', (event) => void events.push(event.type));
    const streamed = await stream.finalMessage();
    const whole = await client.messages.create(hello);
    expect({ ...streamed, id: '', parsed_output: undefined }).toMatchObject({ ...whole, id: '' });
    expect(events.filter((type, index) => type !== events[index - 1])).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it('sends each event under its name, with a ping after the start', async () => {
    const { send } = createClient();
    const response = await send('/v1/messages', { body: { ...hello, stream: true } });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = (await response.text()).trim().split('\n\n');
    for (const event of events) {
      const [, name, data = ''] = /^event: (\w+)\ndata: (.+)$/.exec(event) ?? [];
      expect(JSON.parse(data)).toMatchObject({ type: name });
    }
    expect(events[1]).toBe('event: ping\ndata: {"type":"ping"}');
  });

  it('streams calls of tools as pieces of JSON', async () => {
    const { client } = createClient({ chunkChars: 5 });
    const input = { path: 'src/ünïcode 🎉.ts', content: 'a\n"b"' };
    const prompt = script({ text: 'I write it.', calls: [{ name: 'write_file', input }] });
    const stream = client.messages.stream({
      ...hello,
      messages: [{ role: 'user', content: prompt }],
      tools: [tool('write_file')],
    });
    const pieces: string[] = [];
    stream.on('inputJson', (piece) => void pieces.push(piece));
    const message = await stream.finalMessage();
    expect(pieces.length).toBeGreaterThan(5);
    expect(message.stop_reason).toBe('tool_use');
    expect(message.content[1]).toMatchObject({ type: 'tool_use', name: 'write_file', input });
    expect(message.content[1]).toHaveProperty('id', expect.stringMatching(/^toolu_\w+$/));
  });

  it('counts tokens and lists models', async () => {
    const { client } = createClient();
    const { input_tokens: tokens } = await client.messages.countTokens({
      model: MODEL,
      messages: hello.messages,
    });
    const { usage } = await client.messages.create(hello);
    expect(tokens).toBe(usage.input_tokens);
    const ids: string[] = [];
    for await (const { id } of client.models.list({ limit: 5 })) ids.push(id);
    expect(ids).toEqual(expect.arrayContaining(['claude-sonnet-5-5', 'claude-haiku-4-5-20251001']));
    expect(new Set(ids).size).toBe(ids.length);
    expect(await client.models.retrieve('claude-opus-4-5')).toMatchObject({
      id: 'claude-opus-4-5-20251101',
      display_name: 'Claude Opus 4.5',
      max_tokens: 64_000,
    });
  });

  it('ends a stream when the client aborts', async () => {
    const { client } = createClient({ faults: [{ kind: 'stalled', afterEvents: 4 }] });
    const stream = client.messages.stream(hello);
    stream.on('text', () => stream.abort());
    await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
  });

  it('ends its streams when it is closed', async () => {
    const { client, model } = createClient({ faults: [{ kind: 'stalled', afterEvents: 4 }] });
    const stream = client.messages.stream(hello);
    stream.on('text', () => void model.close());
    await expect(stream.finalMessage()).rejects.toThrow('the model was closed');
  });

  it('waits before each piece of a stream', async () => {
    const waits: number[] = [];
    const { client } = createClient({ chunkDelayMs: 15, sleep: async (ms) => void waits.push(ms) });
    await client.messages.stream(hello).finalMessage();
    expect(waits.length).toBeGreaterThan(3);
    expect(new Set(waits)).toEqual(new Set([15]));
  });

  it('listens on a port', async () => {
    const listening = await start({ apiKey: 'sk-ant-served' });
    try {
      const client = new Anthropic({ apiKey: 'sk-ant-served', baseURL: listening.url, maxRetries: 0 });
      const message = await client.messages.stream(hello).finalMessage();
      expect(message.stop_reason).toBe('end_turn');
    } finally {
      await listening.close();
    }
  });
});

describe('limits of an answer', () => {
  it('stops where its context ends, when that comes before max_tokens', async () => {
    const { client } = createClient();
    const answer = await client.messages.create({
      model: 'claude-haiku-4-5',
      max_tokens: 1000,
      messages: [{ role: 'user', content: `${script({ text: 'word '.repeat(700) })}${'x'.repeat(795_000)}` }],
    });
    expect(answer.stop_reason).toBe('model_context_window_exceeded');
    expect(answer.usage.input_tokens + answer.usage.output_tokens).toBe(200_000);
  });

  it('stops at max_tokens, in a text or in a call', async () => {
    const { client } = createClient();
    const long = await client.messages.create({
      ...hello,
      max_tokens: 2,
      messages: [{ role: 'user', content: script({ text: '0123456789' }) }],
    });
    expect(long).toMatchObject({ stop_reason: 'max_tokens', content: [{ text: '01234567' }] });
    const call = await client.messages.create({
      ...hello,
      max_tokens: 2,
      tools: [tool('commit')],
      messages: [
        { role: 'user', content: script({ calls: [{ name: 'commit', input: { message: 'Add it' } }] }) },
      ],
    });
    expect(call).toMatchObject({ stop_reason: 'max_tokens', content: [{ type: 'tool_use', input: {} }] });
  });

  it('stops at a stop sequence', async () => {
    const { client } = createClient();
    const message = await client.messages.create({
      ...hello,
      stop_sequences: ['STOP'],
      messages: [{ role: 'user', content: script({ text: 'Go. STOP here.' }) }],
    });
    expect(message).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'STOP',
      content: [{ text: 'Go. ' }],
    });
  });

  it('calls one tool when parallel calls are turned off, none when tools are', async () => {
    const { client } = createClient();
    const calls = [1, 2].map((step) => ({ name: 'commit', input: { step } }));
    const request = {
      ...hello,
      tools: [tool('commit')],
      messages: [{ role: 'user' as const, content: script({ calls }) }],
    };
    expect((await client.messages.create(request)).content).toHaveLength(2);
    const one = await client.messages.create({
      ...request,
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    });
    expect(one.content).toHaveLength(1);
  });
});

describe('faults', () => {
  it('answers 429, 529 and 500 as the client expects them', async () => {
    const { client } = createClient({
      faults: [
        { kind: 'rateLimited', retryAfterSeconds: 7 },
        { kind: 'overloaded' },
        { kind: 'serverError' },
      ],
    });
    const limited = await client.messages.create(hello).catch((error: unknown) => error);
    expect(limited).toBeInstanceOf(Anthropic.RateLimitError);
    expect(limited).toMatchObject({ status: 429, type: 'rate_limit_error' });
    expect(limited).toHaveProperty('headers', expect.any(Headers));
    expect(limited instanceof Anthropic.RateLimitError && limited.headers?.get('retry-after')).toBe('7');
    await expect(client.messages.create(hello)).rejects.toMatchObject({
      status: 529,
      type: 'overloaded_error',
    });
    await expect(client.messages.create(hello)).rejects.toBeInstanceOf(Anthropic.InternalServerError);
    await expect(client.messages.create(hello)).resolves.toMatchObject({ stop_reason: 'end_turn' });
  });

  it('cuts a stream before its final event', async () => {
    const { client, send } = createClient({
      faults: [
        { kind: 'cut', afterEvents: 5, how: 'close' },
        { kind: 'cut', afterEvents: 5, how: 'reset' },
      ],
    });
    const response = await send('/v1/messages', { body: { ...hello, stream: true } });
    const text = await response.text();
    expect(text).toContain('content_block_delta');
    expect(text).not.toContain('message_stop');
    await expect(client.messages.stream(hello).finalMessage()).rejects.toThrow('terminated');
  });

  it('sends an error in the middle of a stream', async () => {
    const { client } = createClient({ faults: [{ kind: 'errorEvent', afterEvents: 6 }] });
    await expect(client.messages.stream(hello).finalMessage()).rejects.toMatchObject({
      type: 'overloaded_error',
    });
  });

  it('asks a function for the fault of each request', async () => {
    const { client } = createClient({
      faults: ({ number }) => (number % 2 === 0 ? { kind: 'overloaded' } : undefined),
    });
    await expect(client.messages.create(hello)).rejects.toBeInstanceOf(Anthropic.OverloadedError);
    await expect(client.messages.create(hello)).resolves.toBeDefined();
  });
});
