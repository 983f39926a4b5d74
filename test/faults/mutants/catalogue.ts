import { CLAIM } from './catalogue/claim.ts';
import { CONTROL } from './catalogue/control.ts';
import { DAGS } from './catalogue/dags.ts';
import { DELEGATE } from './catalogue/delegate.ts';
import { EFFECTS } from './catalogue/effects.ts';
import { EVENTS } from './catalogue/events.ts';
import { FENCE } from './catalogue/fence.ts';
import { INBOX } from './catalogue/inbox.ts';
import { LIMITS } from './catalogue/limits.ts';
import { MARKED } from './catalogue/marked.ts';
import { STEPS } from './catalogue/steps.ts';
import { SWEEP } from './catalogue/sweep.ts';
import type { Mutant } from './mutant.ts';

export const MUTANTS: readonly Mutant[] = [
  ...FENCE,
  ...CLAIM,
  ...SWEEP,
  ...STEPS,
  ...EVENTS,
  ...INBOX,
  ...EFFECTS,
  ...CONTROL,
  ...MARKED,
  ...LIMITS,
  ...DAGS,
  ...DELEGATE,
];

/** @throws Error for what is no mutant's name */
export function mutantNamed(name: string | undefined): Mutant {
  const mutant = MUTANTS.find((known) => known.name === name);
  if (!mutant)
    throw new Error(`"${name}" is no mutant; there are ${MUTANTS.map((known) => known.name).join(', ')}`);
  return mutant;
}
