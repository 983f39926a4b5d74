import { readFile } from 'node:fs/promises';
import {
  actCases,
  type Course,
  chanceCase,
  firstOfPairs,
  flagCases,
  followCases,
  hopelessCases,
  outageCases,
  pairsAfter,
  plainCase,
  restCases,
  restlessCases,
  silenced,
  silentCase,
  singleCases,
} from '../cases.ts';
import { hash } from '../chance.ts';

import { dagSingles, FAMILIES, largeDags, SMALL_DAG } from '../dag/cases.ts';
import { splitTask, TASK_NAMES, type TaskName } from '../tasks.ts';
import { boundariesOf } from '../transitions/boundaries.ts';
import { createCoverage } from '../transitions/coverage.ts';
import { whyExempt } from '../transitions/exempt.ts';
import { moveKey, UPKEEP } from '../transitions/moves.ts';
import { readTransitions } from '../transitions/table.ts';
import { createPool, type Done } from './pool.ts';
import { createReport } from './report.ts';

/** Of the gate; a quarter of them with a fault in every fourth request. */
const CHANCE_RUNS = 2_000;
/** A case made to reach what was not may reach something new, of which not everything has been struck. */
const FILLINGS = 3;
/** Of a sample. */
const SAMPLE_CHANCE_RUNS = 40;

/** Nodes of the DAGs of the gate, of a sample, and of the deep run. */
const DAG_NODES = { gate: 200, sample: 20, deep: 1_000 };

export interface GateOptions {
  /** Every fault at every request, larger DAGs; then pairs of faults and chance in turn, until it is stopped or has run so many. */
  deep: boolean;
  /** Runs left to chance; of a deep one, those that go on behind the gate's. */
  runs?: number | undefined;
  /** The first seed. */
  seed: number;
  /** Only every so many-th case, which proves less and need not reach everything. */
  every: number;
  /** Only the cases of one task, which reach less. */
  task?: TaskName | undefined;
}

/** Runs everything there is to try, tells of it on the standard output, and gives the exit code. */
export async function runGate({ deep, runs, seed, every, task }: GateOptions): Promise<number> {
  const readme = await readFile(new URL('../../../src/engine/README.md', import.meta.url), 'utf8');
  const transitions = [...readTransitions(readme), ...UPKEEP];
  const due = transitions.filter((transition) => whyExempt(moveKey(transition)) === null);
  const coverage = createCoverage({ transitions, boundaries: boundariesOf(due), whyExempt });
  const report = createReport(process.stdout, coverage);
  const pool = createPool(report.addCrash);
  const stopped = Promise.withResolvers<'stopped'>();
  const stop = () => stopped.resolve('stopped');
  process.once('SIGINT', stop);

  const tasks = task ? [task] : TASK_NAMES;
  const courses = new Map<string, Course>();
  const firsts = new Set<string>();
  const add = (done: Done) => {
    report.add(done);
    if (firsts.has(done.name)) courses.set(done.name, done);
  };
  const runAll = async (names: readonly string[]) => {
    report.expect(names.length);
    await pool.runAll(names, { add, addDag: report.addDag });
  };

  const dagCases = async (): Promise<string[]> => {
    const singles: string[] = [];
    for (const small of [SMALL_DAG, ...FAMILIES]) {
      const found = dagSingles(small, await pool.runDag(small), { deep });
      singles.push(...found.filter((_, at) => at % every === 0));
    }
    const families = FAMILIES.flatMap((family) => [`${family}@10`, `${family}@25`]);
    const usual = every === 1 ? DAG_NODES.gate : DAG_NODES.sample;
    const [mild, hard] = [largeDags(usual, 10), largeDags(usual, 25)];
    // The longest go first, so that no core is idle at the end.
    const huge = largeDags(DAG_NODES.deep, 10);
    return [
      ...(deep ? [...huge, ...hard, ...mild] : [...hard.slice(-1), ...mild.slice(0, -1)]),
      ...families,
      ...singles,
    ];
  };

  const tryAll = async () => {
    const cases: string[] = [];
    for (const task of tasks) {
      const course = await pool.run(plainCase(task));
      report.add(course);
      const silent = await pool.run(silentCase(task));
      cases.push(
        ...singleCases(task, course, { deep }),
        ...actCases(task, course, silent),
        ...outageCases(task, course),
        ...hopelessCases(task),
        ...flagCases(task),
        ...followCases(task),
      );
      for (const first of restlessCases(task)) {
        cases.push(...restCases(first, await pool.run(first), await pool.run(silenced(first))));
      }
      if (deep) for (const first of firstOfPairs(task, course)) firsts.add(first);
    }
    const usual = every === 1 ? CHANCE_RUNS : SAMPLE_CHANCE_RUNS;
    const count = deep ? usual : Math.min(usual, runs ?? usual);
    const dags = task ? [] : await dagCases();
    await runAll([...dags, ...cases.filter((_, at) => at % every === 0), ...seeds(seed, count, task)]);
    for (let filling = 0; every === 1 && filling < FILLINGS; filling++) await runAll(coverage.missing());
    if (!deep) return;
    const pairs = [...courses].flatMap(([first, course]) => pairsAfter(first, course)).sort(byHash);
    report.say(`${pairs.length} pairs of faults at different boundaries, in turn with chance:`);
    report.expect(runs ?? null);
    const left = first(inTurn(pairs, seeds(seed + count, Number.POSITIVE_INFINITY, task)), runs);
    await pool.runAll(left, { add, addDag: report.addDag });
  };
  try {
    const ended = await Promise.race([tryAll(), stopped.promise]);
    return report.finish({ isWhole: ended !== 'stopped' && every === 1 && !task });
  } finally {
    process.off('SIGINT', stop);
    pool.close();
  }
}

/** Any part of them from the beginning is a sample. */
const byHash = (one: string, other: string): number => hash(one) - hash(other);

function* inTurn(some: Iterable<string>, others: Generator<string>): Generator<string> {
  for (const one of some) {
    yield one;
    const { done, value } = others.next();
    if (!done) yield value;
  }
  yield* others;
}

function* first(names: Iterable<string>, count = Number.POSITIVE_INFINITY): Generator<string> {
  let at = 0;
  for (const name of names) {
    if (at >= count) return;
    at += 1;
    yield name;
  }
}

/** So many from a seed on, of one task where that is given. */
function* seeds(first: number, count: number, task?: TaskName): Generator<string> {
  for (let seed = first, left = count; left > 0; seed++) {
    const name = chanceCase(seed);
    if (task && splitTask(name).task !== task) continue;
    left -= 1;
    yield name;
  }
}
