import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { createClient } from './testing.ts';

const RULES = 'Be careful. '.repeat(300);
const cached = { cache_control: { type: 'ephemeral' as const } };

function request(...prompts: string[]): Anthropic.MessageCreateParamsNonStreaming {
  return {
    model: 'claude-sonnet-5-5',
    max_tokens: 1000,
    system: [{ type: 'text', text: RULES, ...cached }],
    messages: prompts.map((content) => ({
      role: 'user',
      content: [{ type: 'text', text: content, ...cached }],
    })),
  };
}

function cacheUsage({ usage }: Anthropic.Message) {
  return {
    fresh: usage.input_tokens,
    read: usage.cache_read_input_tokens ?? 0,
    written: usage.cache_creation_input_tokens ?? 0,
  };
}

describe('the prefix cache', () => {
  it('writes what is new and reads what was there', async () => {
    const { client } = createClient();
    const first = cacheUsage(await client.messages.create(request('What?')));
    expect(first).toMatchObject({ fresh: 0, read: 0 });
    expect(first.written).toBeGreaterThan(900);
    const again = cacheUsage(await client.messages.create(request('What?')));
    expect(again).toEqual({ fresh: 0, read: first.written, written: 0 });
    const longer = cacheUsage(await client.messages.create(request('What?', 'And why?')));
    expect(longer).toMatchObject({ fresh: 0, read: first.written });
    expect(longer.written).toBeGreaterThan(0);
  });

  it('reads only the part before the first difference', async () => {
    const { client } = createClient();
    const first = cacheUsage(await client.messages.create(request('What?')));
    const other = cacheUsage(await client.messages.create(request('Which?')));
    expect(other.read).toBeGreaterThan(900);
    expect(other.read).toBeLessThan(first.written);
  });

  it('forgets after five minutes without use, or an hour when asked', async () => {
    let now = 0;
    const { client } = createClient({ now: () => now });
    const short = request('What?');
    const long: typeof short = {
      ...short,
      messages: [{ role: 'user', content: 'What?' }],
      system: [{ type: 'text', text: `${RULES}!`, cache_control: { type: 'ephemeral', ttl: '1h' } }],
    };
    await client.messages.create(short);
    const { usage } = await client.messages.create(long);
    expect(usage.cache_creation).toMatchObject({ ephemeral_5m_input_tokens: 0 });
    expect(usage.cache_creation?.ephemeral_1h_input_tokens).toBeGreaterThan(900);
    now = 299_000;
    expect(cacheUsage(await client.messages.create(short)).read).toBeGreaterThan(900);
    now += 301_000;
    expect(cacheUsage(await client.messages.create(short)).read).toBe(0);
    expect(cacheUsage(await client.messages.create(long)).read).toBeGreaterThan(900);
  });

  it('caches nothing that is short or unmarked, and nothing across models', async () => {
    const { client } = createClient();
    const unmarked = { ...request('What?'), system: RULES };
    unmarked.messages = [{ role: 'user', content: 'What?' }];
    expect(cacheUsage(await client.messages.create(unmarked))).toMatchObject({ read: 0, written: 0 });
    const short = { ...request('What?'), system: 'Be brief.' };
    expect(cacheUsage(await client.messages.create(short))).toMatchObject({ read: 0, written: 0 });
    await client.messages.create(request('What?'));
    const other = await client.messages.create({ ...request('What?'), model: 'claude-opus-5-5' });
    expect(cacheUsage(other).read).toBe(0);
  });

  it('marks the last piece when the request itself asks for caching', async () => {
    const { client } = createClient();
    const automatic = { ...request('What?'), ...cached, system: RULES };
    automatic.messages = [{ role: 'user', content: 'What?' }];
    const first = cacheUsage(await client.messages.create(automatic));
    expect(first).toMatchObject({ fresh: 0, read: 0 });
    const second = await client.messages.create({
      ...automatic,
      messages: [...automatic.messages, { role: 'user', content: 'Go on' }],
    });
    expect(cacheUsage(second)).toMatchObject({ fresh: 0, read: first.written });
  });
});
