import { type ModelEntry, price } from './prices.ts';

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
