import { createCatalogue } from '../../src/models/catalogue.ts';
import type { ModelEntry } from '../../src/models/prices.ts';

/** The models of a deployment that has said nothing of its own. */
export const testCatalogue = () =>
  createCatalogue({
    openrouterMaxPrice: { prompt: 10, completion: 50 },
    openrouterContextTokens: 128_000,
    ollamaContextTokens: 32_768,
  });

/** A model that there is for sure. */
export function modelEntry(provider: string, model: string): ModelEntry {
  const entry = testCatalogue().find(provider, model);
  if (!entry) throw new Error(`${provider} has no ${model}`);
  return entry;
}
