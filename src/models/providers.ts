import { CALL_PROVIDER, callTool } from './call.ts';
import { type CatalogueConfig, isProvider, PROVIDERS, type ProviderName } from './catalogue.ts';
import { ModelError, type ModelEvent, type ModelProvider } from './port.ts';

export interface Connection {
  apiKey: string | undefined;
  baseUrl: string;
}

export interface ModelsConfig extends Pick<CatalogueConfig, 'openrouterMaxPrice'> {
  /** Where each provider is reached, and with what key if this deployment has one. Left out: not to be reached. */
  connections: Partial<Record<ProviderName, Connection>>;
  /** Bounds each call to a model. */
  timeoutMs: number;
  /** Carries every call. Tests and the local cloud replace it. */
  fetch?: typeof fetch;
}

export interface Models {
  /**
   * @param ownKey a user's own key, in place of the deployment's
   * @throws {ModelError} not retryable, for a provider that is not connected or has no key
   */
  for(provider: string, ownKey?: string | null): ModelProvider;
  /** Whether this deployment has all that a call to the provider needs. */
  isConnected(provider: string): boolean;
}

type Create = (connection: Connection) => ModelProvider;

/**
 * The connected providers. An SDK costs start-up time on every cold isolate, so a provider's file is loaded by the first
 * call to it. Only the finished provider is remembered: a promise would belong to the request that made it.
 */
export function createModels({ connections, openrouterMaxPrice, timeoutMs, fetch }: ModelsConfig): Models {
  const loadOpenAi = (dialect: 'openai' | 'openrouter' | 'ollama') => async (): Promise<Create> => {
    const { createOpenAi } = await import('./openai.ts');
    return (connection) =>
      createOpenAi({ ...connection, dialect, maxPrice: openrouterMaxPrice, timeoutMs, fetch });
  };
  const loaders: Record<ProviderName, () => Promise<Create>> = {
    anthropic: async () => {
      const { createAnthropic } = await import('./anthropic.ts');
      return ({ apiKey = '', baseUrl }) => createAnthropic({ apiKey, baseUrl, timeoutMs, fetch });
    },
    openai: loadOpenAi('openai'),
    openrouter: loadOpenAi('openrouter'),
    ollama: loadOpenAi('ollama'),
  };
  const connected = new Map<ProviderName, ModelProvider>();
  for (const name of PROVIDERS) {
    const connection = connections[name];
    if (connection && (connection.apiKey !== undefined || !needsKey(name))) {
      connected.set(
        name,
        lazy(async () => (await loaders[name]())(connection)),
      );
    }
  }
  return {
    for(provider, ownKey = null) {
      if (provider === CALL_PROVIDER) return callTool;
      const name = isProvider(provider) ? provider : undefined;
      const connection = name && connections[name];
      if (connection && ownKey !== null && needsKey(name)) {
        return lazy(async () => (await loaders[name]())({ ...connection, apiKey: ownKey }));
      }
      const known = name && connected.get(name);
      if (known) return known;
      throw new ModelError(
        `There is no key for ${provider} here. Set one of your own, or choose another model.`,
        { retryable: false },
      );
    },
    isConnected: (provider) => isProvider(provider) && connected.has(provider),
  };
}

/** Ollama is a machine of the deployment's own. */
export const needsKey = (provider: ProviderName): boolean => provider !== 'ollama';

function lazy(load: () => Promise<ModelProvider>): ModelProvider {
  let loaded: ModelProvider | undefined;
  return async function* (request): AsyncGenerator<ModelEvent> {
    loaded ??= await load();
    yield* loaded(request);
  };
}
