import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelEntry, testCatalogue } from '../../test/support/catalogue.ts';
import { longestTurn, mostMicroUsd } from '../models/cost-bound.ts';
import type { ModelMessage } from '../models/port.ts';
import type { HistoryStep } from '../store/runs/history.ts';
import {
  brokenCallMicroUsd,
  firstStep,
  firstSteps,
  nextPromptBound,
  outputFor,
  promptBound,
  stepCost,
} from './step-cost.ts';

const model = modelEntry('anthropic', 'claude-sonnet-5');
const models = fc.constantFrom(
  ...testCatalogue()
    .list()
    .map(({ entry }) => entry),
);
const bytesOf = (text: string) => new TextEncoder().encode(text).length;

const step = (tokens: number, committed = true): HistoryStep => ({
  stepNo: 1,
  content: [{ type: 'text', text: 'said' }],
  stopReason: 'toolCalls',
  deliveredSeq: 0,
  createdAt: '2026-11-21T12:00:00Z',
  tokens,
  coversStepNo: null,
  answeredSeq: null,
  committed,
  calls: [],
});

const said: ModelMessage = { role: 'assistant', content: [{ type: 'text', text: 'said' }] };
const user = (text: string): ModelMessage => ({ role: 'user', content: [{ type: 'text', text }] });
const request = (...messages: ModelMessage[]) => ({ system: 'Be brief.', tools: [], messages });

describe('the bound of a prompt', () => {
  it('counts a token for every byte of a context that nobody has counted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(promptBound(model, request(user(text)), { steps: [] })).toBeGreaterThanOrEqual(bytesOf(text));
      }),
    );
  });

  it('counts only what came since the last turn that was counted', () => {
    const long = user('x'.repeat(100_000));
    const bound = promptBound(model, request(long, said, user('and')), { steps: [step(30_000)] });
    expect(bound).toBeGreaterThan(30_000);
    expect(bound).toBeLessThan(30_500);
    const uncounted = promptBound(model, request(long, said, user('and')), { steps: [step(30_000, false)] });
    expect(uncounted).toBeGreaterThan(100_000);
  });

  it('is foreseen with the results, before they are sent', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' })),
        fc.integer({ min: 1, max: 50_000 }),
        (outputs, tokens) => {
          const { content } = step(tokens);
          const foreseen = nextPromptBound(model, { tokens, content, outputs });
          expect(foreseen).toBeGreaterThanOrEqual(
            tokens + outputs.reduce((sum, output) => sum + bytesOf(output), 0),
          );
          // So that a step which hears nothing new needs no second reservation.
          const results = outputs.map((output, at) => ({
            type: 'toolResult' as const,
            id: `toolu_${at}`,
            output,
            isError: false,
          }));
          const sent = promptBound(model, request(said, { role: 'user', content: results }), {
            steps: [step(tokens)],
          });
          expect(sent).toBeLessThanOrEqual(foreseen);
        },
      ),
    );
  });

  it('is never past what the model reads', () => {
    expect(promptBound(model, request(user('x'.repeat(2_000_000))), { steps: [] })).toBe(1_000_000);
  });
});

describe('the cost of a step', () => {
  it('leaves room for a whole answer at the most, and for a useful one at the least', () => {
    fc.assert(
      fc.property(models, fc.nat({ max: 900_000 }), (model, promptTokens) => {
        const { leastMicroUsd, mostMicroUsd: most } = stepCost(model, promptTokens);
        expect(outputFor(model, promptTokens, most)).toBe(longestTurn(model));
        expect(outputFor(model, promptTokens, leastMicroUsd)).toBeGreaterThanOrEqual(1_000);
        expect(outputFor(model, promptTokens, mostMicroUsd(model, promptTokens, 998))).toBeNull();
      }),
    );
  });

  it('is guessed for the first one, never with a least that a small one would not need', () => {
    for (const { provider, model: name, entry } of testCatalogue().list()) {
      const guess = firstStep(entry);
      expect(guess.leastMicroUsd).toBeLessThanOrEqual(stepCost(entry, 1).leastMicroUsd);
      expect(guess.mostMicroUsd).toBe(stepCost(entry, 24_000).mostMicroUsd);
      expect(firstSteps(testCatalogue())[provider]?.[name]).toEqual(guess);
    }
  });

  it('is the dearest that may be at a provider that takes any name, and nothing where models are free', () => {
    const { openrouter, ollama } = firstSteps(testCatalogue());
    expect(openrouter?.['*']?.mostMicroUsd).toBe(24_000 * 12.5 + 16_000 * 50);
    expect(ollama?.['*']).toEqual({ leastMicroUsd: 0, mostMicroUsd: 0 });
  });

  it('is estimated for a call that broke off by its prompt and what it had said', () => {
    expect(brokenCallMicroUsd(model, 1_000, 'x'.repeat(98))).toBe(mostMicroUsd(model, 1_000, 100));
  });
});
