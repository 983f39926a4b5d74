import { SERVICES, type Service } from '../fault.ts';
import { type Plan, planNamed } from '../plan.ts';
import { TURNS } from '../task.ts';

/** As much of a run as its cases depend on. */
export interface Course {
  requests: readonly { service: Service }[];
  deliveries: number;
}

/** The run in which nothing goes wrong. */
export const PLAIN = 'plain';

/** A mutant must be caught within so many cases of its own mix, or so many of the general one. */
const TARGETED = 40;
const GENERAL = 200;
const GENERAL_PERCENT = 25;

/**
 * The cases a mix names, in its order, for a run that goes like this one. A `*` stands for every number there is: the requests
 * to that service (`neon*:answerLost`), the deliveries, the seeds (`seed*@25`), the turns (`hears*`).
 */
export function casesOf(mix: readonly string[], course: Course): string[] {
  return mix.flatMap((name) => spread(name, course)).slice(0, TARGETED);
}

/**
 * What goes wrong in a case, by a name of the harness. ` within 5 s` after it gives the run only so much longer than a plain one,
 * where the harness would let it wait for the sweeper.
 */
export function planOf(name: string): Plan {
  const [, faults = name, seconds] = /^(.*) within (\d+) s$/.exec(name) ?? [];
  const plan = planNamed(faults === PLAIN ? '' : faults);
  // A mutant may take a way on which a fault finds nothing to befall: that gives nothing away.
  return { ...plan, strikes: 0, acts: 0, extraMs: seconds === undefined ? plan.extraMs : Number(seconds) * 1000 };
}

/** Faults left to chance, for a mutant that its own mix does not catch. */
export const generalCases = (): string[] => numbers(GENERAL).map((seed) => `seed${seed}@${GENERAL_PERCENT}`);

function spread(name: string, course: Course): string[] {
  const [, before = '', of = '', after = ''] = /^(.*?)([a-z]+)\*(.*)$/.exec(name) ?? [];
  if (of === '') return [name];
  return numbers(countOf(of, course)).map((number) => `${before}${of}${number}${after}`);
}

function countOf(of: string, { requests, deliveries }: Course): number {
  if (of === 'delivery') return deliveries;
  if (of === 'seed') return TARGETED;
  if (of === 'hears') return TURNS - 1;
  const service = SERVICES.find((known) => known === of);
  if (!service) throw new Error(`"${of}*" stands for nothing that can be counted`);
  return requests.filter((request) => request.service === service).length;
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
