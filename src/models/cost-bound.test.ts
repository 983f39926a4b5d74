import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestTurn, mostMicroUsd, outputWithin } from './cost-bound.ts';
import { ANTHROPIC_MODELS, costMicroUsd } from './prices.ts';

const models = fc.constantFrom(...ANTHROPIC_MODELS.keys());
const tokens = (max: number) => fc.nat({ max });

describe('the most that a call can cost', () => {
  it('is never less than it costs, whatever the cache does with its prompt', () => {
    fc.assert(
      fc.property(
        models,
        tokens(400_000),
        tokens(400_000),
        tokens(400_000),
        tokens(32_000),
        tokens(1_000_000),
        (model, inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, slack) => {
          const usage = { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens };
          const promptBound = inputTokens + cacheReadTokens + cacheWriteTokens + slack;
          expect(costMicroUsd(model, usage)).toBeLessThanOrEqual(
            mostMicroUsd(model, promptBound, outputTokens),
          );
        },
      ),
    );
  });

  it('is kept by the answer that a sum of money allows, which is as long as it can be', () => {
    fc.assert(
      fc.property(models, tokens(500_000), fc.nat({ max: 5_000_000 }), (model, promptTokens, microUsd) => {
        const output = outputWithin(model, promptTokens, microUsd);
        expect(output).toBeLessThanOrEqual(longestTurn(model));
        if (output > 0) expect(mostMicroUsd(model, promptTokens, output)).toBeLessThanOrEqual(microUsd);
        if (output < longestTurn(model)) {
          expect(mostMicroUsd(model, promptTokens, output + 1)).toBeGreaterThan(microUsd);
        }
      }),
    );
  });

  it('is unknown for a model without a price', () => {
    expect(() => mostMicroUsd('gpt-1', 1, 1)).toThrow('gpt-1 has no price');
  });
});
