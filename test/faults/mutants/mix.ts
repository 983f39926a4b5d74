import { isDagCase } from '../dag/is-dag-case.ts';
import { SERVICES } from '../fault.ts';
import { type Plan, planNamed } from '../plan.ts';
import type { Simulated } from '../simulation.ts';
import { nameOnTask, splitTask, TASKS, type TaskName } from '../tasks.ts';
import type { Mutant } from './mutant.ts';

/** As much of a run as its cases depend on. */
export interface Course {
  requests: readonly Pick<Simulated['requests'][number], 'service' | 'nth' | 'actor'>[];
  deliveries: number;
}

/** The run in which nothing goes wrong. */
export const PLAIN = 'plain';
export const isPlain = (name: string): boolean => !isDagCase(name) && splitTask(name).rest === PLAIN;

/** The tasks of which a mix has cases. */
export const tasksOf = (mix: readonly string[]): TaskName[] => [
  ...new Set(mix.map((name) => splitTask(name).task)),
];

/** A mutant must be caught within so many cases of its own mix, or so many of the general one. */
const TARGETED = 40;
/** One that is said to survive shows in fewer that it does. */
const EXPLAINED = 12;
const GENERAL = 200;
const GENERAL_PERCENT = 25;

/**
 * The cases a mix names, in its order, for runs that go like these. A `*` stands for every number there is: the requests
 * to that service (`neon*:answerLost`) and those of them at which the user may act (`cancel@neon*`), the deliveries, the
 * seeds (`seed*@25`), the turns (`hears*`).
 */
export function casesOf(
  { mix, survives }: Pick<Mutant, 'mix' | 'survives'>,
  courseOf: (task: TaskName) => Course,
): string[] {
  const most = survives === undefined ? TARGETED : EXPLAINED;
  return mix.flatMap((name) => spread(name, courseOf)).slice(0, most);
}

/**
 * What goes wrong in a case, by a name of the harness. ` within 5 s` after it gives the run only so much longer than a plain one,
 * where the harness would let it wait for the sweeper.
 */
export function planOf(name: string): Plan {
  const [, faults = name, seconds] = /^(.*) within (\d+) s$/.exec(name) ?? [];
  const { task, rest } = splitTask(faults);
  const plan = planNamed(rest === PLAIN ? nameOnTask(task, '') : faults);
  // A mutant may take a way on which a fault finds nothing to befall: that gives nothing away.
  return {
    ...plan,
    strikes: 0,
    acts: 0,
    extraMs: seconds === undefined ? plan.extraMs : Number(seconds) * 1000,
  };
}

/** Faults left to chance, on either task, for a mutant that its own mix does not catch. */
export const generalCases = (): string[] =>
  numbers(GENERAL).map((seed) => `${seed % 2 === 0 ? 'effects/' : ''}seed${seed}@${GENERAL_PERCENT}`);

function spread(name: string, courseOf: (task: TaskName) => Course): string[] {
  const [, before = '', at = '', of = '', after = ''] = /^(.*?)(@?)([a-z]+)\*(.*)$/.exec(name) ?? [];
  if (of === '') return [name];
  const { task } = splitTask(name);
  return numbersOf(of, { task, course: courseOf(task), isAct: at !== '' }).map(
    (number) => `${before}${at}${of}${number}${after}`,
  );
}

function numbersOf(
  of: string,
  { task, course, isAct }: { task: TaskName; course: Course; isAct: boolean },
): number[] {
  if (of === 'delivery') return numbers(course.deliveries);
  if (of === 'seed') return numbers(TARGETED);
  if (of === 'hears') return numbers(TASKS[task].turns - 1);
  const service = SERVICES.find((known) => known === of);
  if (!service) throw new Error(`"${of}*" stands for nothing that can be counted`);
  // Only what a delivery asks for is a moment of the run.
  return course.requests
    .filter((request) => request.service === service && (!isAct || request.actor === 'delivery'))
    .map(({ nth }) => nth);
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
