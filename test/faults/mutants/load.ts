import { registerHooks } from 'node:module';
import { type Mutant, mutate, urlOf } from './mutant.ts';

/**
 * Lets this process load the mutant instead of its file. Before anything of the product is loaded: modules that are there
 * already stay as they are.
 *
 * @returns asks whether the mutant was loaded
 */
export function loadMutated(mutant: Mutant): () => boolean {
  const target = urlOf(mutant);
  let isLoaded = false;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== target) return loaded;
      const { source } = loaded;
      if (source === undefined || source === null) throw new Error(`${url} has no source`);
      const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
      isLoaded = true;
      return { ...loaded, source: mutate(mutant, text) };
    },
  });
  return () => isLoaded;
}
