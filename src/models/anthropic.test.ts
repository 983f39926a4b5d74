import { afterEach, describe, expect, test } from 'vitest';
import { answers, collect, failure, plays, tool } from '../../test/support/turns.ts';
import { createModel, type Model, type ModelOptions } from '../local/model/model.ts';
import { createAnthropic } from './anthropic.ts';
import type { ModelMessage, ModelRequest } from './port.ts';

/** What only this provider has, against the local model, which refuses what the real API refuses. The rest stands in `contract.test.ts`. */

const API_KEY = 'sk-ant-the-secret-key';

const upstreams: Model[] = [];
afterEach(async () => {
  await Promise.all(upstreams.splice(0).map((upstream) => upstream.close()));
});

/** A provider, and the bodies it sent. */
function connect(options: ModelOptions = {}) {
  const upstream = createModel({ apiKey: API_KEY, ...options });
  upstreams.push(upstream);
  const sent: Record<string, unknown>[] = [];
  const stream = createAnthropic({
    apiKey: API_KEY,
    baseUrl: 'http://model',
    timeoutMs: 10_000,
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

describe('a turn', () => {
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
    ['pause_turn', 'pauseTurn'],
    ['model_context_window_exceeded', 'contextFull'],
  ])('that stops because of %s says %s', async (stopReason, expected) => {
    const { turn, texts } = await collect(connect().ask([plays({ text: 'Well,', stopReason })]));
    expect(turn.stopReason).toBe(expected);
    expect(texts.join('')).toBe('Well,');
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
