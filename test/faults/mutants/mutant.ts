import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One change of the engine's protocol that the fault harness must notice. */
export interface Mutant {
  name: string;
  /** What the change breaks, with the invariant if it has a number. */
  breaks: string;
  /** In `src`. */
  file: string;
  /** Stands exactly once in the file, or the mutant is refused: a change of the source must not disarm it silently. */
  find: string;
  replace: string;
  /** A second text of the same file, for what one alone cannot change. */
  also?: { find: string; replace: string };
  /** The cases to try first, as `cases.ts` reads them. */
  mix: readonly string[];
  /** Why no run can notice it: another defence does the same. Whoever has none of this must be caught. */
  survives?: string;
}

const SRC = new URL('../../../src/', import.meta.url);

/** Where the file is that a mutant changes. */
export const urlOf = ({ file }: Pick<Mutant, 'file'>): string => new URL(file, SRC).href;

/** @throws Error when a text is not there, or more than once, or the change is none */
export function mutate({ name, file, find, replace, also }: Mutant, source: string): string {
  let mutated = source;
  for (const change of [{ find, replace }, ...(also ? [also] : [])]) {
    const parts = mutated.split(change.find);
    if (parts.length !== 2) {
      throw new Error(`mutant "${name}": its text stands ${parts.length - 1} times in ${file}, not once`);
    }
    mutated = parts.join(change.replace);
  }
  if (mutated === source) throw new Error(`mutant "${name}" changes nothing`);
  return mutated;
}

/** What a mutant makes of its file today. @throws Error like `mutate` */
export const mutatedFile = (mutant: Mutant): string =>
  mutate(mutant, readFileSync(fileURLToPath(urlOf(mutant)), 'utf8'));
