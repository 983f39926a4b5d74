/**
 * A process of its own, as modules are loaded once and time is replaced for all of it: `child.ts mutant <name>` tries a
 * mutant, `child.ts innocent <case> …` tries cases without one. Tells its parent the verdict and ends at once: what a mutant
 * leaves behind is not worth closing.
 */
import { mutantNamed } from './catalogue.ts';
import { loadMutated } from './load.ts';
import type { Verdict } from './verdict.ts';

const [what, ...names] = process.argv.slice(2);
const verdict = await judge().catch((error: unknown): Verdict => ({ kind: 'broken', error: String(error) }));
process.send?.(verdict, () => process.exit());

async function judge(): Promise<Verdict> {
  if (what === 'innocent') return (await import('./trial.ts')).tryInnocent(names);
  const mutant = mutantNamed(names[0]);
  const isLoaded = loadMutated(mutant);
  // Not before the hook is in place.
  const { tryMutant } = await import('./trial.ts');
  const found = await tryMutant(mutant);
  return isLoaded() ? found : { kind: 'broken', error: `${mutant.file} was never loaded` };
}
