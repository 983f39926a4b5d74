import { PROVIDERS, type ProviderName } from '../../models/catalogue.ts';
import type { ModelEntry } from '../../models/prices.ts';
import { listProviderKeys } from '../../store/provider-keys.ts';
import type { Context } from '../context.ts';

export { PROVIDERS } from '../../models/catalogue.ts';
export type { Price } from '../../models/prices.ts';

/** A model that an agent may name. */
export interface ListedModel {
  provider: ProviderName;
  model: string;
  /** The provider takes any other name as well, on the same terms. */
  takesAnyName: boolean;
  /** What an agent gets that names the provider and no model. */
  isDefault: boolean;
  /** Whose key its calls are made with; null while there is none, and a run with it would fail. */
  paidBy: 'you' | 'deployment' | null;
  entry: ModelEntry;
}

/** Every model there is, and whether this user's runs can use it. */
export async function listModels(
  { db, catalogue, engine, settings }: Context,
  { userId }: { userId: string },
): Promise<ListedModel[]> {
  const own = new Set((await listProviderKeys(db, userId)).map(({ provider }) => provider));
  const describe = (provider: ProviderName, model: string, entry: ModelEntry, takesAnyName: boolean) => ({
    provider,
    model,
    takesAnyName,
    isDefault: settings.defaultModels[provider] === model,
    paidBy: own.has(provider)
      ? ('you' as const)
      : engine.models.isConnected(provider)
        ? ('deployment' as const)
        : null,
    entry,
  });
  return [
    ...catalogue.list().map(({ provider, model, entry }) => describe(provider, model, entry, false)),
    ...PROVIDERS.flatMap((provider) => {
      const any = catalogue.anyOf(provider);
      return any ? [describe(provider, settings.defaultModels[provider], any, true)] : [];
    }),
  ];
}
