import type { WriteStream } from 'node:tty';
import { tellOfDag } from '../dag/tell.ts';
import type { Coverage } from '../transitions/coverage.ts';
import { createFigures } from './figures.ts';
import type { Listener } from './pool.ts';
import { coverageTables } from './tables.ts';

export interface Report extends Listener {
  say(line: string): void;
  /** So many more are to come; null when nobody knows. */
  expect(more: number | null): void;
  /** A process that simulates ended. */
  addCrash(what: string): void;
  /**
   * Prints the tables and the figures; gives the exit code.
   *
   * @param options.isWhole whether everything was tried, so that what was not reached is a failure
   */
  finish(options: { isWhole: boolean }): number;
}

/** A harness whose runs mostly do nothing proves nothing. */
const LEAST_AT_WORK = 0.95;

/** How often a terminal is told of progress, and a file. */
const LINE_EVERY = { terminal: 5, file: 100 };

/** Of these there are too many to tell of each. */
const isOfOneFault = (name: string): boolean => /^dag\/[^/@]+\/(?!seed)/.test(name);

/** Counts runs by what struck them, and tells of each that went wrong and how to repeat it. */
export function createReport(out: WriteStream, coverage: Coverage): Report {
  const figures = createFigures();
  const startedAt = performance.now();
  let expected: number | null = null;
  let runs = 0;
  let failed = 0;
  let gaveUp = 0;
  let atWork = 0;
  let dags = 0;

  const say = (line: string) => void out.write(out.isTTY ? `\r\x1b[K${line}\n` : `${line}\n`);
  const tookSeconds = () => (performance.now() - startedAt) / 1000;

  const progress = (): string => {
    const done = runs + dags;
    const rate = done / tookSeconds();
    const left = expected === null ? '' : `, ${clock((expected - done) / rate)} left`;
    return `${done}${expected === null ? '' : ` of ${expected}`} runs, ${rate.toFixed(1)} a second, ${failed} failed${left}`;
  };

  const tellProgress = () => {
    const done = runs + dags;
    if (out.isTTY && done % LINE_EVERY.terminal === 0) out.write(`\r\x1b[K${progress()}`);
    if (!out.isTTY && done % LINE_EVERY.file === 0) say(progress());
  };

  return {
    say,
    expect(more) {
      expected = more === null ? null : runs + dags + more;
    },

    add(done) {
      const { name, wrong } = done;
      runs += 1;
      if (done.gaveUp) gaveUp += 1;
      if (done.didWork) atWork += 1;
      figures.add(done);
      coverage.add(done);
      if (wrong.length > 0) {
        failed += 1;
        say(`✗ npm run test:faults -- --only ${name}`);
        for (const line of wrong) say(`    ${line}`);
      }
      tellProgress();
    },

    addDag(done) {
      const { name, wrong } = done;
      dags += 1;
      if (wrong.length > 0) failed += 1;
      if (wrong.length > 0 || !isOfOneFault(name)) for (const line of tellOfDag(name, done)) say(line);
      tellProgress();
    },

    addCrash(what) {
      failed += 1;
      say(`✗ ${what}`);
    },

    finish({ isWhole }) {
      const gaps = coverage.gaps();
      for (const line of [...coverageTables(coverage), '', ...figures.lines()]) say(line);
      const complaints = [...(isWhole ? gaps : []), ...coverage.strangers(), ...figures.late()];
      if (!isWhole) say(`Only a part was tried, and ${gaps.length} cells are empty.`);
      if (atWork < runs * LEAST_AT_WORK) complaints.push(`only ${atWork} of ${runs} runs did real work`);
      for (const complaint of complaints) say(`✗ ${complaint}`);
      const rate = ((runs + dags) / tookSeconds()).toFixed(1);
      const share = ((100 * atWork) / Math.max(1, runs)).toFixed(1);
      say(
        `${runs} runs and ${dags} DAGs in ${clock(tookSeconds())}, ${rate} a second, ${share} % did their work, ${gaveUp} gave up, ${failed} failed`,
      );
      return runs > 0 && failed === 0 && complaints.length === 0 ? 0 : 1;
    },
  };
}

const clock = (seconds: number) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')} min`;
