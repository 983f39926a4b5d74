import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { modelEntry } from '../../test/support/catalogue.ts';
import { ANTHROPIC_MODELS } from './anthropic-models.ts';
import type { ModelUsage } from './port.ts';
import { costMicroUsd as costOf, turnMicroUsd } from './prices.ts';

const costMicroUsd = (model: string, usage: ModelUsage) => costOf(modelEntry('anthropic', model), usage);
const nothing: ModelUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const million = (kind: keyof ModelUsage): ModelUsage => ({ ...nothing, [kind]: 1_000_000 });

describe('costMicroUsd', () => {
  test.each([
    ['claude-sonnet-5-5', 2, 10, 0.1, 2.5],
    ['claude-opus-5-5', 4, 20, 0.2, 5],
    ['claude-fable-5-2', 8, 40, 0.2, 10],
    ['claude-mythos-5-1', 10, 50, 0.25, 12.5],
    ['claude-opus-4-5', 5, 25, 0.5, 6.25],
    ['claude-sonnet-5', 2, 10, 0.2, 2.5],
    ['claude-sonnet-4-6', 3, 15, 0.3, 3.75],
    ['claude-haiku-4-5-20251001', 1, 5, 0.1, 1.25],
  ])('prices a million tokens of %s', (model, input, output, cacheRead, cacheWrite) => {
    expect(costMicroUsd(model, million('inputTokens'))).toBe(input * 1_000_000);
    expect(costMicroUsd(model, million('outputTokens'))).toBe(output * 1_000_000);
    expect(costMicroUsd(model, million('cacheReadTokens'))).toBe(cacheRead * 1_000_000);
    expect(costMicroUsd(model, million('cacheWriteTokens'))).toBe(cacheWrite * 1_000_000);
  });

  test('adds up what a cached call used', () => {
    const usage = { inputTokens: 12, outputTokens: 503, cacheReadTokens: 40_210, cacheWriteTokens: 1_777 };
    expect(costMicroUsd('claude-sonnet-5-5', usage)).toBe(Math.ceil(24 + 5_030 + 4_021 + 4_442.5));
  });

  test('rounds up, but not because of binary fractions', () => {
    expect(costMicroUsd('claude-haiku-5-5', { ...nothing, inputTokens: 1 })).toBe(1);
    expect(costMicroUsd('claude-haiku-5-5', { ...nothing, inputTokens: 30 })).toBe(3);
    expect(costMicroUsd('claude-haiku-5-5', { ...nothing, inputTokens: 31 })).toBe(4);
  });

  test('charges every token of a long Haiku 5.5 prompt the higher price, caches counted', () => {
    const fits = {
      inputTokens: 20_000,
      outputTokens: 1_000,
      cacheReadTokens: 70_000,
      cacheWriteTokens: 10_000,
    };
    expect(costMicroUsd('claude-haiku-5-5', fits)).toBe(2_000 + 500 + 700 + 1_250);
    expect(costMicroUsd('claude-haiku-5-5', { ...fits, inputTokens: 20_002 })).toBe(
      10_001 + 2_500 + 3_500 + 6_250,
    );
  });

  test('costs nothing for nothing, and is a whole number that never falls when tokens are added', () => {
    const tokens = fc.nat(2_000_000);
    const usage = fc.record({
      inputTokens: tokens,
      outputTokens: tokens,
      cacheReadTokens: tokens,
      cacheWriteTokens: tokens,
    });
    fc.assert(
      fc.property(fc.constantFrom(...ANTHROPIC_MODELS.keys()), usage, fc.nat(1_000), (model, used, more) => {
        expect(costMicroUsd(model, nothing)).toBe(0);
        const cost = costMicroUsd(model, used);
        expect(Number.isSafeInteger(cost)).toBe(true);
        expect(
          costMicroUsd(model, { ...used, outputTokens: used.outputTokens + more }),
        ).toBeGreaterThanOrEqual(cost);
      }),
    );
  });

  test('takes the provider at its word where it says what a turn cost', () => {
    const entry = modelEntry('openrouter', 'any/model');
    const usage = million('inputTokens');
    expect(turnMicroUsd(entry, { usage })).toBe(10_000_000);
    expect(turnMicroUsd(entry, { usage, reportedMicroUsd: 1_234 })).toBe(1_234);
  });
});
