import { type ModelEntry, price } from './prices.ts';

/** `effort` is sent along: these models refuse tools in Chat Completions unless they are told not to reason. */
export interface OpenAiModel extends ModelEntry {
  effort?: 'none';
}

/** Past this a request costs twice its input and half as much again of its output. */
const LONG_PROMPT = 272_000;
/** Of a context of 1,050,000 tokens, what a prompt may take. */
const million = { contextTokens: 922_000, maxOutputTokens: 128_000, effort: 'none' } as const;
const small = { contextTokens: 272_000, maxOutputTokens: 128_000, effort: 'none' } as const;

/**
 * The models of OpenAI's API that call tools in Chat Completions. Those that do so in the Responses API alone (GPT-6 Astra,
 * GPT-6.1 and later) are not here; OpenRouter has them.
 *
 * Sources, read in November 2026: OpenAI's price list (developers.openai.com/api/docs/pricing) as given by LiteLLM's
 * notes on GPT-6 Sol and Luna of 2026-09-22 and the price tables of June and September 2026 for the others;
 * `reasoning_effort` from the API's own refusals ("To use function tools, use /v1/responses or set reasoning_effort to 'none'").
 */
export const OPENAI_MODELS: ReadonlyMap<string, OpenAiModel> = new Map<string, OpenAiModel>([
  ['gpt-6-sol', { ...million, ...priced(2, 10, 0.2) }],
  ['gpt-6-luna', { ...million, ...priced(0.1, 0.5, 0.01) }],
  ['gpt-5.6-terra', { ...million, ...priced(2, 12, 0.2) }],
  ['gpt-5.6-luna', { ...million, ...priced(0.2, 1.2, 0.02) }],
  ['gpt-5.4', { ...million, ...priced(2.5, 15, 0.25) }],
  ['gpt-5.4-mini', { ...small, price: price(0.75, 4.5, 0.075) }],
  ['gpt-5.4-nano', { ...small, price: price(0.2, 1.25, 0.02) }],
  ['gpt-4.1', { contextTokens: 1_014_808, maxOutputTokens: 32_768, price: price(2, 8, 0.5) }],
]);

function priced(input: number, output: number, cacheRead: number): Pick<ModelEntry, 'price' | 'longPrompt'> {
  return {
    price: price(input, output, cacheRead),
    longPrompt: { above: LONG_PROMPT, price: price(input * 2, output * 1.5, cacheRead * 2) },
  };
}
