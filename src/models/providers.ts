import { ModelError, type ModelEvent, type ModelProvider } from './port.ts';
import { ANTHROPIC_MODELS } from './prices.ts';

export const PROVIDERS = ['anthropic'] as const;

type ProviderName = (typeof PROVIDERS)[number];

export interface ModelsConfig {
  anthropic: { apiKey: string; baseUrl: string };
  /** Bounds each call to a model. */
  timeoutMs: number;
  /** Carries every call. Tests and the local cloud replace it. */
  fetch?: typeof fetch;
}

export interface Models {
  /** @throws {ModelError} not retryable, for a provider that is not connected */
  for(provider: string): ModelProvider;
}

/** Whether a run may use this model: its provider is connected and its price is known. */
export function isKnownModel(provider: string, model: string): boolean {
  return provider === 'anthropic' && ANTHROPIC_MODELS.has(model);
}

/** Every model a run may use, the default ones first. Limits in tokens. */
export function listModels(): {
  provider: ProviderName;
  model: string;
  contextTokens: number;
  maxOutputTokens: number;
}[] {
  return [...ANTHROPIC_MODELS].map(([model, { contextTokens, maxOutputTokens }]) => ({
    provider: 'anthropic',
    model,
    contextTokens,
    maxOutputTokens,
  }));
}

/**
 * The connected providers. An SDK costs start-up time on every cold isolate, so a provider's file is loaded by the first
 * call to it. Only the finished provider is remembered: a promise would belong to the request that made it.
 */
export function createModels({ anthropic, timeoutMs, fetch }: ModelsConfig): Models {
  const providers: Record<ProviderName, ModelProvider> = {
    anthropic: lazy(async () => {
      const { createAnthropic } = await import('./anthropic.ts');
      return createAnthropic({ ...anthropic, timeoutMs, fetch });
    }),
  };
  return {
    for(provider) {
      const known = PROVIDERS.find((name) => name === provider);
      if (known) return providers[known];
      throw new ModelError(`Cadence is not connected to ${provider}.`, { retryable: false });
    },
  };
}

function lazy(load: () => Promise<ModelProvider>): ModelProvider {
  let loaded: ModelProvider | undefined;
  return async function* (request): AsyncGenerator<ModelEvent> {
    loaded ??= await load();
    yield* loaded(request);
  };
}
