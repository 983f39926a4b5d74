import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { createClient, script, tool } from './testing.ts';

const SCRIPT = script(
  { thinking: 'First the list.', text: 'I look.', calls: [{ name: 'list_files', input: {} }] },
  { text: 'Now I read.', calls: [{ name: 'read_file', input: {} }] },
  { text: 'That is it.' },
);

const request = {
  max_tokens: 4000,
  tools: [tool('list_files'), tool('read_file')],
  messages: [{ role: 'user' as const, content: SCRIPT }],
};

/** The conversation after an answer, with a result for each of its calls. */
function continued(
  messages: Anthropic.MessageParam[],
  { content }: Anthropic.Message,
): Anthropic.MessageParam[] {
  const results = content.flatMap((block) =>
    block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'ok' }] : [],
  );
  return [...messages, { role: 'assistant', content }, { role: 'user', content: results }];
}

describe('thinking', () => {
  it('streams thoughts and their signature', async () => {
    const { client } = createClient();
    const stream = client.messages.stream({
      ...request,
      model: 'claude-opus-5',
      thinking: { type: 'adaptive', display: 'summarized' },
    });
    let thought = '';
    stream.on('thinking', (delta) => {
      thought += delta;
    });
    const { content, usage } = await stream.finalMessage();
    expect(thought).toBe('First the list.');
    expect(content.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool_use']);
    expect(content[0]).toHaveProperty('signature', expect.stringMatching(/.{20,}/));
    expect(usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
  });

  it('comes back without its text where that is the default', async () => {
    const { client } = createClient();
    const { content } = await client.messages.create({ ...request, model: 'claude-opus-5' });
    expect(content[0]).toMatchObject({ type: 'thinking', thinking: '' });
  });

  it('does not happen where it is off', async () => {
    const { client } = createClient();
    const { content } = await client.messages.create({ ...request, model: 'claude-opus-4-5' });
    expect(content.map(({ type }) => type)).toEqual(['text', 'tool_use']);
  });

  it('begins every turn with a budget, and must come back', async () => {
    const { client } = createClient();
    const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
    const enabled = { ...request, model: 'claude-opus-4-5', thinking };
    const first = await client.messages.create(enabled);
    const messages = continued(enabled.messages, first);
    const second = await client.messages.create({ ...enabled, messages });
    expect(second.content[0]?.type).toBe('thinking');
    const without = continued(enabled.messages, {
      ...first,
      content: first.content.filter(({ type }) => type !== 'thinking'),
    });
    await expect(client.messages.create({ ...enabled, messages: without })).rejects.toThrow(
      'Expected `thinking` or `redacted_thinking`, but found `text`',
    );
  });

  it('refuses thoughts that were altered or came from another model', async () => {
    const { client } = createClient();
    const model = 'claude-opus-5';
    const first = await client.messages.create({ ...request, model });
    const altered = first.content.map((block) =>
      block.type === 'thinking' ? { ...block, thinking: 'Something else' } : block,
    );
    const messages = continued(request.messages, { ...first, content: altered });
    await expect(client.messages.create({ ...request, model, messages })).rejects.toThrow(
      'messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.',
    );
    const second = await client.messages.create({
      ...request,
      model,
      messages: continued(request.messages, first),
    });
    await expect(
      client.messages.create({ ...request, model, messages: continued(messages, second) }),
    ).rejects.toThrow('messages.1.content.0: Invalid `signature` in `thinking` block');
    await expect(
      client.messages.create({
        ...request,
        model: 'claude-sonnet-5',
        messages: continued(request.messages, first),
      }),
    ).rejects.toThrow('cannot be modified');
  });

  it('carries the text between tool calls on the models that narrate in it', async () => {
    const { client } = createClient();
    const model = 'claude-sonnet-5-5';
    const play = async (thinking: Anthropic.ThinkingConfigParam | undefined) => {
      const first = await client.messages.create({ ...request, model, thinking });
      const messages = continued(request.messages, first);
      const second = await client.messages.create({ ...request, model, thinking, messages });
      const last = await client.messages.create({
        ...request,
        model,
        thinking,
        messages: continued(messages, second),
      });
      expect(first.content.map(({ type }) => type)).toContain('text');
      expect(last.content).toMatchObject([{ type: 'text', text: 'That is it.' }]);
      return second.content[0];
    };
    expect(await play(undefined)).toMatchObject({ type: 'thinking', thinking: '' });
    expect(await play({ type: 'adaptive', display: 'summarized' })).toMatchObject({
      type: 'thinking',
      thinking: 'Now I read.',
    });
    expect(await play({ type: 'between_tools' })).toMatchObject({ type: 'text', text: 'Now I read.' });
  });

  describe('on a model that preserves it', () => {
    const model = 'claude-sonnet-5-5';
    const changed = { ...request, model, system: 'New instructions.' };
    const beta = { headers: { 'anthropic-beta': 'thinking-binding-controls-2026-08-01' } };

    async function conversation() {
      const { client } = createClient();
      const first = await client.messages.create({ ...request, model });
      return { client, messages: continued(request.messages, first) };
    }

    it('is accepted while the conversation only grows', async () => {
      const { client, messages } = await conversation();
      const apart: Anthropic.MessageParam[] = [
        ...messages,
        { role: 'user', content: [{ type: 'text', text: 'Go on.', cache_control: { type: 'ephemeral' } }] },
      ];
      const second = await client.messages.create({ ...request, model, messages: apart });
      const third = await client.messages.create({ ...request, model, messages: continued(apart, second) });
      expect(third.stop_reason).toBe('end_turn');
    });

    it('is refused when something before it has changed', async () => {
      const { client, messages } = await conversation();
      await expect(client.messages.create({ ...changed, messages })).rejects.toThrow(
        'messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation.',
      );
    });

    it('is dropped instead when the request says so, with the beta header', async () => {
      const { client, messages } = await conversation();
      const thinking = {
        type: 'adaptive',
        block_binding: { prefix_mismatch_behavior: 'drop_block' },
      } as const;
      const body = { ...changed, messages, thinking };
      await expect(client.messages.create(body)).rejects.toThrow('requires the `thinking-binding-controls');
      expect(await client.messages.create(body, beta)).toMatchObject({
        input_transformations: [
          { type: 'thinking_dropped', path: 'messages.1.content.0', reason: 'prefix_binding_mismatch' },
        ],
      });
    });

    it('is not read by another model, which says nothing of it', async () => {
      const { client, messages } = await conversation();
      const other = await client.messages.create({ ...request, model: 'claude-opus-5-5', messages });
      expect(other).not.toHaveProperty('input_transformations');
      expect(other.stop_reason).toBe('tool_use');
    });
  });
});
