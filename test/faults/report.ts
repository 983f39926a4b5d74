import type { WriteStream } from 'node:tty';
import { DELIVERY_MODES, faultsNamed, REQUEST_MODES, SERVICES } from './fault.ts';

/** A case that was run; `of` is how many there are. */
interface Done {
  name: string;
  wrong: string[];
  gaveUp: boolean;
  tookMs: number;
  of: number;
}

interface Cell {
  runs: number;
  failed: number;
}

/** A harness whose runs mostly give up proves nothing. */
const MOST_GIVEN_UP = 0.05;

/** How often a terminal is told of progress, and a file. */
const LINE_EVERY = { terminal: 5, file: 100 };

/** Counts cases by service and mode, and tells of each that went wrong and how to repeat it. */
export function createReport(out: WriteStream) {
  const cells = new Map<string, Cell>();
  let runs = 0;
  let failed = 0;
  let gaveUp = 0;
  let longest = { name: '', tookMs: 0 };

  const say = (line: string) => out.write(out.isTTY ? `\r\x1b[K${line}\n` : `${line}\n`);

  return {
    add({ name, wrong, tookMs, of, ...done }: Done): void {
      runs += 1;
      if (done.gaveUp) gaveUp += 1;
      if (tookMs > longest.tookMs) longest = { name, tookMs };
      const cell = cellOf(cells, rowAndColumn(name));
      cell.runs += 1;
      if (wrong.length > 0) {
        failed += 1;
        cell.failed += 1;
        say(`✗ npm run test:faults -- --only ${name}`);
        for (const line of wrong) say(`    ${line}`);
      }
      const progress = `${runs} of ${of} runs, ${failed} failed`;
      if (out.isTTY && runs % LINE_EVERY.terminal === 0) out.write(`\r\x1b[K${progress}`);
      if (!out.isTTY && runs % LINE_EVERY.file === 0) say(progress);
    },

    addCrash(what: string): void {
      failed += 1;
      say(`✗ ${what}`);
    },

    /** Prints the table; gives the exit code. */
    finish(tookSeconds: number): number {
      for (const line of table(cells)) say(line);
      const rate = (runs / tookSeconds).toFixed(1);
      say(`Longest: ${longest.name} ended after ${longest.tookMs / 1000} s of virtual time.`);
      say(
        `${runs} runs in ${Math.round(tookSeconds)} s, ${rate} a second, ${gaveUp} gave up, ${failed} failed`,
      );
      return runs > 0 && failed === 0 && gaveUp <= runs * MOST_GIVEN_UP ? 0 : 1;
    },
  };
}

/** Cases with two faults stand under the second, which strikes on the way back from the first. */
function rowAndColumn(name: string): string {
  const parts = name.replace(/^\w+\//, '').split('+');
  const faults = parts.filter((part) => part.includes(':') && !part.includes('@'));
  if (faults.length === 0) return 'other|';
  const last = faultsNamed(faults.join('+')).at(-1);
  return `${last?.of}${faults.length > 1 ? ', recovering' : ''}|${last?.mode}`;
}

function cellOf(cells: Map<string, Cell>, key: string): Cell {
  const cell = cells.get(key) ?? { runs: 0, failed: 0 };
  cells.set(key, cell);
  return cell;
}

function table(cells: ReadonlyMap<string, Cell>): string[] {
  const services = [...SERVICES, ...SERVICES.map((service) => `${service}, recovering`)];
  return [
    ...block('requests', services, REQUEST_MODES, cells),
    '',
    ...block('deliveries', ['delivery'], DELIVERY_MODES, cells),
    '',
  ];
}

const FIRST = 20;

function block(
  title: string,
  rows: readonly string[],
  columns: readonly string[],
  cells: ReadonlyMap<string, Cell>,
): string[] {
  const line = (first: string, rest: readonly string[]) =>
    first.padEnd(FIRST) + rest.map((text, at) => text.padStart((columns[at]?.length ?? 0) + 2)).join('');
  const show = (row: string, column: string) => {
    const cell = cells.get(`${row}|${column}`);
    if (!cell) return '·';
    return cell.failed > 0 ? `${cell.failed}✗/${cell.runs}` : `${cell.runs}`;
  };
  return [
    line(title, columns),
    ...rows.map((row) =>
      line(
        row,
        columns.map((column) => show(row, column)),
      ),
    ),
  ];
}
