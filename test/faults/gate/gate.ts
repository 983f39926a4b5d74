import { readFile } from 'node:fs/promises';
import {
  actCases,
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
import { TASK_NAMES } from '../tasks.ts';
import { boundariesOf } from '../transitions/boundaries.ts';
import { createCoverage } from '../transitions/coverage.ts';
import { whyExempt } from '../transitions/exempt.ts';
import { moveKey, UPKEEP } from '../transitions/moves.ts';
import { readTransitions } from '../transitions/table.ts';
import { createPool, type Pool } from './pool.ts';
import { createReport } from './report.ts';

/** Of the gate; a quarter of them with a fault in every fourth request. */
const CHANCE_RUNS = 2_000;
/** A case made to reach what was not may reach something new, of which not everything has been struck. */
const FILLINGS = 3;
/** Of the cases of a sample, and of its runs left to chance. */
const SAMPLE_CHANCE_RUNS = 40;

export interface GateOptions {
  /** Goes on with pairs of faults, and with chance until it is stopped or has run so many. */
  deep: boolean;
  /** Runs left to chance. */
  runs?: number | undefined;
  /** The first seed. */
  seed: number;
  /** Only every so many-th case, which proves less and need not reach everything. */
  every: number;
}

/** Runs everything there is to try, tells of it on the standard output, and gives the exit code. */
export async function runGate({ deep, runs, seed, every }: GateOptions): Promise<number> {
  const readme = await readFile(new URL('../../../src/engine/README.md', import.meta.url), 'utf8');
  const transitions = [...readTransitions(readme), ...UPKEEP];
  const due = transitions.filter((transition) => whyExempt(moveKey(transition)) === null);
  const coverage = createCoverage({ transitions, boundaries: boundariesOf(due), whyExempt });
  const report = createReport(process.stdout, coverage);
  const pool = createPool(report.addCrash);
  const stopped = Promise.withResolvers<'stopped'>();
  const stop = () => stopped.resolve('stopped');
  process.once('SIGINT', stop);

  const runAll = async (names: readonly string[]) => {
    report.expect(names.length);
    await pool.runAll(names, report.add);
  };

  const tryAll = async () => {
    const firsts: string[] = [];
    const cases: string[] = [];
    for (const task of TASK_NAMES) {
      const course = await pool.run(plainCase(task));
      report.add(course);
      const silent = await pool.run(silentCase(task));
      cases.push(
        ...singleCases(task, course),
        ...actCases(task, course, silent),
        ...outageCases(task, course),
        ...hopelessCases(task),
        ...flagCases(task),
        ...followCases(task),
      );
      for (const first of restlessCases(task)) {
        cases.push(...restCases(first, await pool.run(first), await pool.run(silenced(first))));
      }
      firsts.push(...firstOfPairs(task, course));
    }
    const usual = every === 1 ? CHANCE_RUNS : SAMPLE_CHANCE_RUNS;
    const chance = [...seeds(seed, Math.min(usual, runs ?? usual))];
    await runAll([...cases.filter((_, at) => at % every === 0), ...chance]);
    for (let filling = 0; every === 1 && filling < FILLINGS; filling++) await runAll(coverage.missing());
    if (!deep) return;
    report.expect(null);
    await pool.runAll(pairs(pool, firsts), report.add);
    const left = (runs ?? Number.POSITIVE_INFINITY) - chance.length;
    report.expect(runs === undefined ? null : left);
    await pool.runAll(seeds(seed + chance.length, left), report.add);
  };
  try {
    const ended = await Promise.race([tryAll(), stopped.promise]);
    return report.finish({ isWhole: ended !== 'stopped' && every === 1 });
  } finally {
    process.off('SIGINT', stop);
    pool.close();
  }
}

async function* pairs(pool: Pool, firsts: readonly string[]): AsyncGenerator<string> {
  for (const first of firsts) yield* pairsAfter(first, await pool.run(first));
}

function* seeds(first: number, count: number): Generator<string> {
  for (let seed = first; seed < first + count; seed++) yield chanceCase(seed);
}
