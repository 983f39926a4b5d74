import { type ModelEntry, ratesFor } from './prices.ts';

/** More than a model writes within the default MODEL_TIMEOUT_MS, thinking included. */
const TURN_OUTPUT_TOKENS = 32_000;

/** The most a turn of a model may be asked to write, thinking included. Models may allow less. */
export const longestTurn = ({ maxOutputTokens }: ModelEntry): number =>
  Math.min(TURN_OUTPUT_TOKENS, maxOutputTokens);

/**
 * The most that a call can cost, in millionths of a US dollar, rounded up: every token of its prompt newly written to the
 * cache, which is the dearest that can happen to one.
 */
export function mostMicroUsd(model: ModelEntry, promptTokens: number, outputTokens: number): number {
  const { cacheWrite, output } = ratesFor(model, promptTokens);
  return Math.ceil((promptTokens * cacheWrite + outputTokens * output) / 1000);
}

/** How many tokens a call may write so that it costs no more than `microUsd`; 0 when the prompt alone may cost that. */
export function outputWithin(model: ModelEntry, promptTokens: number, microUsd: number): number {
  const { cacheWrite, output } = ratesFor(model, promptTokens);
  if (output === 0) return longestTurn(model);
  const left = microUsd * 1000 - promptTokens * cacheWrite;
  return Math.max(0, Math.min(longestTurn(model), Math.floor(left / output)));
}
