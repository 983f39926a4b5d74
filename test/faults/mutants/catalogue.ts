import { CLAIM } from './catalogue/claim.ts';
import { EVENTS } from './catalogue/events.ts';
import { FENCE } from './catalogue/fence.ts';
import type { Mutant } from './mutant.ts';

export const MUTANTS: readonly Mutant[] = [...FENCE, ...CLAIM, ...EVENTS];

/** @throws Error for what is no mutant's name */
export function mutantNamed(name: string | undefined): Mutant {
  const mutant = MUTANTS.find((known) => known.name === name);
  if (mutant) return mutant;
  throw new Error(`"${name}" is no mutant; there are ${MUTANTS.map((known) => known.name).join(', ')}`);
}
