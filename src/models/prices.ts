import type { ModelUsage } from './port.ts';

/** US dollars per million tokens. `cacheWrite` is the five-minute cache. */
interface Price {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

/** What a model costs and how much it takes. Tokens throughout. */
interface ModelEntry {
  price: Price;
  /** The price of every token of a request whose prompt, cache included, is longer than `above`. */
  longPrompt?: { above: number; price: Price };
  contextTokens: number;
  maxOutputTokens: number;
}

const fable = { contextTokens: 1_000_000, maxOutputTokens: 128_000 };
const fable51 = { ...fable, price: price(10, 50, 0.25) };
const fable5 = { ...fable, price: price(10, 50, 1) };
const opus = { contextTokens: 1_000_000, maxOutputTokens: 128_000, price: price(5, 25, 0.5) };
const opus45 = { ...opus, contextTokens: 200_000, maxOutputTokens: 64_000 };
const sonnet = { contextTokens: 1_000_000, maxOutputTokens: 128_000 };
const sonnet45 = { contextTokens: 200_000, maxOutputTokens: 64_000, price: price(3, 15, 0.3) };
const haiku45 = { contextTokens: 200_000, maxOutputTokens: 64_000, price: price(1, 5, 0.1) };

/**
 * Every model a run may use, by the id of the Claude API. A model that is not here is refused before a run begins, so
 * that each run has a price.
 *
 * Sources, read in November 2026: platform.claude.com/docs/en/about-claude/pricing for prices (Sonnet 5.5 cache reads
 * and Haiku 5.5 as of October, Fable 5.2 as of its release), platform.claude.com/docs/en/models/<model>/overview for
 * context windows and output limits.
 */
export const ANTHROPIC_MODELS: ReadonlyMap<string, ModelEntry> = new Map<string, ModelEntry>([
  ['claude-sonnet-5-5', { ...sonnet, price: price(2, 10, 0.1) }],
  ['claude-opus-5-5', { ...opus, price: price(4, 20, 0.2) }],
  [
    'claude-haiku-5-5',
    {
      contextTokens: 1_000_000,
      maxOutputTokens: 128_000,
      price: price(0.1, 0.5, 0.01),
      longPrompt: { above: 100_000, price: price(0.5, 2.5, 0.05) },
    },
  ],
  ['claude-fable-5-2', { ...fable, price: price(8, 40, 0.2) }],
  ['claude-fable-5-1', fable51],
  ['claude-mythos-5-1', fable51],
  ['claude-fable-5', fable5],
  ['claude-mythos-5', fable5],
  ['claude-opus-5', opus],
  ['claude-opus-4-8', opus],
  ['claude-opus-4-7', opus],
  ['claude-opus-4-6', opus],
  ['claude-opus-4-5', opus45],
  ['claude-opus-4-5-20251101', opus45],
  ['claude-sonnet-5', { ...sonnet, price: price(2, 10, 0.2) }],
  ['claude-sonnet-4-6', { ...sonnet, price: price(3, 15, 0.3) }],
  ['claude-sonnet-4-5', sonnet45],
  ['claude-sonnet-4-5-20250929', sonnet45],
  ['claude-haiku-4-5', haiku45],
  ['claude-haiku-4-5-20251001', haiku45],
]);

/**
 * What one call cost, in millionths of a US dollar, rounded up.
 *
 * @throws {RangeError} for a model that is not in the table
 */
export function costMicroUsd(model: string, usage: ModelUsage): number {
  const rates = ratesFor(model, usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens);
  const nanoUsd =
    usage.inputTokens * rates.input +
    usage.outputTokens * rates.output +
    usage.cacheReadTokens * rates.cacheRead +
    usage.cacheWriteTokens * rates.cacheWrite;
  return Math.ceil(nanoUsd / 1000);
}

/**
 * What a token of a call costs whose prompt, cache included, is so long: billionths of a US dollar.
 *
 * @throws {RangeError} for a model that is not in the table
 */
export function ratesFor(model: string, promptTokens: number): Price {
  const entry = ANTHROPIC_MODELS.get(model);
  if (!entry) throw new RangeError(`${model} has no price`);
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

/** Writing to the five-minute cache costs a quarter more than input, for every model. */
function price(input: number, output: number, cacheRead: number): Price {
  return { input, output, cacheRead, cacheWrite: input * 1.25 };
}
