/**
 * A process of its own, as modules are loaded once and time is replaced for all of it: `child.ts mutant <name>` tries a
 * mutant, `child.ts innocent <case> …` tries cases without one. Tells its parent the verdict and ends at once: what a mutant
 * leaves behind is not worth closing.
 */
import { isDagCase } from '../dag/is-dag-case.ts';
import { mutantNamed } from './catalogue.ts';
import { loadMutated } from './load.ts';
import type { Verdict } from './verdict.ts';

const [what, ...names] = process.argv.slice(2);
const verdict = await judge().catch((error: unknown): Verdict => ({ kind: 'broken', error: String(error) }));
process.send?.(verdict, () => process.exit());

async function judge(): Promise<Verdict> {
  if (what === 'innocent') {
    const dags = await tryDags(names.filter(isDagCase));
    const others = names.filter((name) => !isDagCase(name));
    if (dags.kind !== 'survived' || others.length === 0) return dags;
    return (await import('./trial.ts')).tryInnocent(others);
  }
  const mutant = mutantNamed(names[0]);
  const isLoaded = loadMutated(mutant);
  // Not before the hook is in place.
  const found = mutant.mix.some(isDagCase)
    ? await tryDags(mutant.mix)
    : await (await import('./trial.ts')).tryMutant(mutant);
  return isLoaded() ? found : { kind: 'broken', error: `${mutant.file} was never loaded` };
}

async function tryDags(cases: readonly string[]): Promise<Verdict> {
  if (cases.length === 0) return { kind: 'survived', runs: 0 };
  return (await import('../dag/trial.ts')).tryDagCases(cases);
}
