import type { ModelTurn, ModelUsage } from './port.ts';

/** US dollars per million tokens. `cacheWrite` is the five-minute cache. */
export interface Price {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

/** What a model costs and how much it takes. Tokens throughout. */
export interface ModelEntry {
  price: Price;
  /** The price of every token of a request whose prompt, cache included, is longer than `above`. */
  longPrompt?: { above: number; price: Price };
  contextTokens: number;
  maxOutputTokens: number;
}

/** What stands for a model that is in no table any more: nothing may be asked of it. */
export const NOT_OFFERED: ModelEntry = { price: price(0, 0, 0), contextTokens: 0, maxOutputTokens: 0 };

/** What one call cost, in millionths of a US dollar, rounded up. */
export function costMicroUsd(model: ModelEntry, usage: ModelUsage): number {
  const rates = ratesFor(model, usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens);
  const nanoUsd =
    usage.inputTokens * rates.input +
    usage.outputTokens * rates.output +
    usage.cacheReadTokens * rates.cacheRead +
    usage.cacheWriteTokens * rates.cacheWrite;
  return Math.ceil(nanoUsd / 1000);
}

/** The same for a turn, whose provider may have said itself what it cost. */
export const turnMicroUsd = (
  model: ModelEntry,
  { usage, reportedMicroUsd }: Pick<ModelTurn, 'usage' | 'reportedMicroUsd'>,
): number => reportedMicroUsd ?? costMicroUsd(model, usage);

/** What a token of a call costs whose prompt, cache included, is so long: billionths of a US dollar. */
export function ratesFor(entry: ModelEntry, promptTokens: number): Price {
  const { longPrompt } = entry;
  const { input, output, cacheRead, cacheWrite } =
    longPrompt && promptTokens > longPrompt.above ? longPrompt.price : entry.price;
  return {
    input: nanoPerToken(input),
    output: nanoPerToken(output),
    cacheRead: nanoPerToken(cacheRead),
    cacheWrite: nanoPerToken(cacheWrite),
  };
}

/** Dollars per million tokens are thousands of nano-dollars per token: whole numbers, which add up exactly. */
function nanoPerToken(usdPerMillion: number): number {
  return Math.round(usdPerMillion * 1000);
}

/** Writing to the five-minute cache costs a quarter more than input, at every provider that asks for it. */
export function price(input: number, output: number, cacheRead: number): Price {
  return { input, output, cacheRead, cacheWrite: input * 1.25 };
}
