import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testCatalogue } from '../../test/support/catalogue.ts';
import { longestTurn, mostMicroUsd, outputWithin } from './cost-bound.ts';
import { costMicroUsd, price } from './prices.ts';

const models = fc.constantFrom(
  ...testCatalogue()
    .list()
    .map(({ entry }) => entry),
);
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

  it('is nothing for a model that costs nothing, which may write as much as it can', () => {
    const free = { price: price(0, 0, 0), contextTokens: 32_000, maxOutputTokens: 16_000 };
    expect(mostMicroUsd(free, 30_000, 16_000)).toBe(0);
    expect(outputWithin(free, 30_000, 0)).toBe(16_000);
  });
});
