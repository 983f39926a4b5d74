import { ANTHROPIC_MODELS } from './anthropic-models.ts';
import { CALL_ENTRY, CALL_MODEL, CALL_PROVIDER } from './call.ts';
import { OPENAI_MODELS } from './openai-models.ts';
import { type ModelEntry, price } from './prices.ts';

export const PROVIDERS = ['anthropic', 'openai', 'openrouter', 'ollama'] as const;

export type ProviderName = (typeof PROVIDERS)[number];

export const isProvider = (name: string): name is ProviderName =>
  PROVIDERS.some((provider) => provider === name);

/** What a deployment says of models that no table has. */
export interface CatalogueConfig {
  /** US dollars per million tokens: OpenRouter is told to take no upstream that asks for more. */
  openrouterMaxPrice: { prompt: number; completion: number };
  /** What OpenRouter's models are taken to read. One that reads less says so when it is asked too much. */
  openrouterContextTokens: number;
  /** How much Ollama was told to let its models read: past that it forgets the beginning of a prompt and says nothing. */
  ollamaContextTokens: number;
}

/** The models a run may use: what each costs and how much it takes. */
export interface Catalogue {
  find(provider: string, model: string): ModelEntry | undefined;
  /** Every model that has an entry of its own, the default ones first. OpenRouter and Ollama take any name besides. */
  list(): { provider: ProviderName; model: string; entry: ModelEntry }[];
  /** What holds for every name at a provider that takes any. */
  anyOf(provider: ProviderName): ModelEntry | undefined;
}

const OPENROUTER_OUTPUT_TOKENS = 16_000;
const OLLAMA_OUTPUT_TOKENS = 16_000;

/** Names as OpenRouter and Ollama write them: `anthropic/claude-sonnet-5:floor`, `qwen3-coder:30b`. */
const MODEL_NAME = /^[\w~][\w.~-]*(?:\/[\w.-]+)*(?::[\w.-]+)?$/;

export const isModelName = (name: string): boolean => name.length <= 200 && MODEL_NAME.test(name);

export function createCatalogue(config: CatalogueConfig): Catalogue {
  const { prompt, completion } = config.openrouterMaxPrice;
  const open: Partial<Record<ProviderName, ModelEntry>> = {
    openrouter: {
      // Whatever the upstream asks for the cache, it is no more than a quarter above its input.
      price: price(prompt, completion, prompt),
      contextTokens: config.openrouterContextTokens,
      maxOutputTokens: Math.min(OPENROUTER_OUTPUT_TOKENS, Math.floor(config.openrouterContextTokens / 2)),
    },
    ollama: {
      price: price(0, 0, 0),
      contextTokens: config.ollamaContextTokens,
      maxOutputTokens: Math.min(OLLAMA_OUTPUT_TOKENS, Math.floor(config.ollamaContextTokens / 2)),
    },
  };
  const tables: Partial<Record<ProviderName, ReadonlyMap<string, ModelEntry>>> = {
    anthropic: ANTHROPIC_MODELS,
    openai: OPENAI_MODELS,
  };
  return {
    find(provider, model) {
      if (provider === CALL_PROVIDER) return model === CALL_MODEL ? CALL_ENTRY : undefined;
      if (!isProvider(provider)) return undefined;
      return tables[provider]?.get(model) ?? (isModelName(model) ? open[provider] : undefined);
    },
    list: () =>
      PROVIDERS.flatMap((provider) =>
        [...(tables[provider] ?? [])].map(([model, entry]) => ({ provider, model, entry })),
      ),
    anyOf: (provider) => open[provider],
  };
}
