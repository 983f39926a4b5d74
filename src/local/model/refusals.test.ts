import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { createClient, tool } from './testing.ts';

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const text = (content: string, rest: object = {}) => ({ type: 'text', text: content, ...rest });
const use = (id: string) => ({ type: 'tool_use', id, name: 'commit', input: {} });
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' });
const cached = { cache_control: { type: 'ephemeral' } };

const base = {
  model: 'claude-sonnet-5-5',
  max_tokens: 1000,
  tools: [tool('commit')],
  messages: [user('Hello')],
};

/** What is wrong, the body that has it, and what the API says of it. */
const refused: [name: string, body: object, message: string][] = [
  ['no max_tokens', { ...base, max_tokens: undefined }, 'max_tokens: Field required'],
  ['no messages', { ...base, messages: undefined }, 'messages: Field required'],
  ['no model', { ...base, model: undefined }, 'model: Field required'],
  ['an unknown field', { ...base, temperture: 1 }, 'temperture: Extra inputs are not permitted'],
  ['sampling parameters', { ...base, temperature: 1 }, 'temperature: Extra inputs are not permitted'],
  [
    'an unknown field of a block',
    { ...base, messages: [user([{ ...text('Hi'), id: 'x' }])] },
    'messages.0.content.0.text.id: Extra inputs are not permitted',
  ],
  ['too large an answer', { ...base, max_tokens: 128_001 }, 'max_tokens: 128001 > 128000'],
  ['no message', { ...base, messages: [] }, 'messages: at least one message is required'],
  [
    'an assistant first',
    { ...base, messages: [assistant('Hi'), user('Hi')] },
    'first message must use the "user" role',
  ],
  [
    'an empty message',
    { ...base, messages: [user([])] },
    'messages.0: all messages must have non-empty content',
  ],
  ['an empty text', { ...base, messages: [user('')] }, 'text content blocks must be non-empty'],
  ['an empty system text', { ...base, system: [text('')] }, 'system: text content blocks must be non-empty'],
  ['a blank text', { ...base, messages: [user(' \n')] }, 'must contain non-whitespace text'],
  [
    'a call without its result',
    { ...base, messages: [user('Hi'), assistant([use('toolu_1')]), user('Well?')] },
    'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1.',
  ],
  [
    'a call at the end',
    { ...base, messages: [user('Hi'), assistant([use('toolu_1')])] },
    'does not support assistant message prefill',
  ],
  [
    'one of two results',
    {
      ...base,
      messages: [user('Hi'), assistant([use('toolu_1'), use('toolu_2')]), user([result('toolu_1')])],
    },
    'immediately after: toolu_2.',
  ],
  [
    'a text before the results',
    {
      ...base,
      messages: [user('Hi'), assistant([use('toolu_1')]), user([text('Well?'), result('toolu_1')])],
    },
    'immediately after: toolu_1.',
  ],
  [
    'a result without a call',
    { ...base, messages: [user([result('toolu_1')])] },
    'messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1.',
  ],
  [
    'two results of one call',
    {
      ...base,
      messages: [user('Hi'), assistant([use('toolu_1')]), user([result('toolu_1'), result('toolu_1')])],
    },
    'each tool_use must have a single result',
  ],
  [
    'two calls with one id',
    {
      ...base,
      messages: [
        user('Hi'),
        assistant([use('toolu_1')]),
        user([result('toolu_1')]),
        assistant([use('toolu_1')]),
        user([result('toolu_1')]),
      ],
    },
    '`tool_use` ids must be unique',
  ],
  [
    'calls without tools',
    { ...base, tools: [], messages: [user('Hi'), assistant([use('toolu_1')]), user([result('toolu_1')])] },
    'must define tools',
  ],
  [
    'tools of one name',
    { ...base, tools: [tool('commit'), tool('commit')] },
    'tools: Tool names must be unique.',
  ],
  [
    'a tool with a bad name',
    { ...base, tools: [tool('read file')] },
    "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
  ],
  [
    'a tool without an object schema',
    { ...base, tools: [{ name: 'commit', input_schema: { type: 'string' } }] },
    "tools.0.custom.input_schema.type: Input should be 'object'",
  ],
  [
    'a tool without a schema',
    { ...base, tools: [{ name: 'commit' }] },
    'tools.0.custom.input_schema: Field required',
  ],
  [
    'a schema with a choice at its top',
    { ...base, tools: [{ name: 'commit', input_schema: { type: 'object', oneOf: [] } }] },
    'input_schema does not support oneOf, allOf, or anyOf at the top level',
  ],
  [
    'a choice without tools',
    { ...base, tools: [], tool_choice: { type: 'auto' } },
    'tool_choice may only be',
  ],
  ['forced tool use', { ...base, tool_choice: { type: 'any' } }, 'tool_choice: "any" is not supported'],
  [
    'thinking that cannot be turned off',
    { ...base, thinking: { type: 'disabled' } },
    '"thinking.type.disabled" is not supported for this model.',
  ],
  [
    'a thinking budget that is not below max_tokens',
    {
      ...base,
      model: 'claude-opus-4-5',
      max_tokens: 2048,
      thinking: { type: 'enabled', budget_tokens: 2048 },
    },
    '`max_tokens` must be greater than `thinking.budget_tokens`',
  ],
  [
    'a thinking budget that is too small',
    { ...base, model: 'claude-opus-4-5', thinking: { type: 'enabled', budget_tokens: 100 } },
    'thinking.budget_tokens: Input should be greater than or equal to 1024',
  ],
  [
    'a prefilled answer',
    { ...base, messages: [user('Hi'), assistant('I am')] },
    'This model does not support assistant message prefill. The conversation must end with a user message.',
  ],
  [
    'a prefilled answer that ends with a space',
    { ...base, model: 'claude-opus-4-5', messages: [user('Hi'), assistant('I am ')] },
    'final assistant content cannot end with trailing whitespace',
  ],
  [
    'five breakpoints',
    { ...base, system: Array.from({ length: 5 }, () => text('Rules', cached)) },
    'A maximum of 4 blocks with cache_control may be provided. Found 5.',
  ],
  [
    'a long breakpoint after a short one',
    {
      ...base,
      system: [text('Rules', cached), text('More', { cache_control: { type: 'ephemeral', ttl: '1h' } })],
    },
    "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block",
  ],
  [
    'a system message where the model knows none',
    { ...base, model: 'claude-opus-4-5', messages: [user('Hi'), { role: 'system', content: 'Be brief' }] },
    "messages.1: role 'system' is not supported on this model",
  ],
  [
    'a call in a user message',
    { ...base, messages: [user([use('toolu_1')])] },
    'messages.0.content.0: `tool_use` blocks can not be in `user` messages',
  ],
  [
    'a prompt beyond the context window',
    { ...base, model: 'claude-opus-4-5', messages: [user('word '.repeat(170_000))] },
    'prompt is too long',
  ],
];

describe('what the API refuses', () => {
  it.each(refused)('refuses %s', async (_, body, message) => {
    const { send } = createClient();
    const response = await send('/v1/messages', { body });
    const answer = await response.json();
    expect(answer).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining(message) },
      request_id: response.headers.get('request-id'),
    });
    expect(response.status).toBe(400);
  });

  it('refuses a wrong or missing key', async () => {
    const { client } = createClient({ sentKey: 'sk-ant-wrong' });
    const error = await client.models.list().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(error).toMatchObject({ type: 'authentication_error', requestID: expect.stringMatching(/^req_/) });
    const { send, model } = createClient();
    expect((await send('/v1/messages', { headers: { 'x-api-key': 'sk-ant-wrong' } })).status).toBe(401);
    const request = new Request('http://model.test/v1/messages', { method: 'POST' });
    expect((await model.fetch(request)).status).toBe(401);
  });

  it('asks for a version it knows', async () => {
    const { send } = createClient();
    const response = await send('/v1/models', {
      method: 'GET',
      headers: { 'anthropic-version': '2020-01-01' },
    });
    expect(response.status).toBe(400);
  });

  it('takes sampling parameters in the version that had them', async () => {
    const { send } = createClient();
    const response = await send('/v1/messages', {
      headers: { 'anthropic-version': '2023-06-01' },
      body: { ...base, temperature: 1 },
    });
    expect(response.status).toBe(200);
  });

  it('knows no other models, paths and methods', async () => {
    const { client, send } = createClient();
    await expect(
      client.messages.create({
        model: 'claude-2',
        max_tokens: 10,
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    ).rejects.toMatchObject({ status: 404, type: 'not_found_error', apiMessage: 'model: claude-2' });
    expect((await send('/v1/complete', { body: {} })).status).toBe(404);
    expect((await send('/v1/messages', { method: 'GET' })).status).toBe(405);
  });

  it('refuses more than 32 MB and what is not JSON', async () => {
    const { model, send } = createClient();
    const headers = { 'x-api-key': 'sk-ant-test', 'anthropic-version': '2026-10-21' };
    const large = await send('/v1/messages', { body: 'x'.repeat(32 * 1024 * 1024) });
    expect(large.status).toBe(413);
    expect(await large.json()).toMatchObject({ error: { type: 'request_too_large' } });
    const broken = new Request('http://model.test/v1/messages', { method: 'POST', headers, body: '{' });
    expect((await model.fetch(broken)).status).toBe(400);
  });
});
