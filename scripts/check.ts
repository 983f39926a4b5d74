import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { seconds } from '../src/local/terminal/columns.ts';
import { styleFor } from '../src/local/terminal/style.ts';
import { main } from './support/main.ts';

const BIN = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));

/** What to call it, the program and its arguments. */
const CHECKS: [string, string, ...string[]][] = [
  ['format and lint', 'biome', 'ci', '.'],
  ['types', 'tsc', '--noEmit'],
  ['dead code', 'knip'],
];

const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

/**
 * Everything a change must pass, in the order of what fails fastest; stops at the first failure. Arguments go to vitest.
 * The last line is `N passed, N failed` and counts tests, for whoever reads it by machine.
 */
await main(async (stop) => {
  const style = styleFor(process.stdout, process.env);
  const folder = await mkdtemp(join(tmpdir(), 'cadence-check-'));
  const report = join(folder, 'vitest.json');
  try {
    for (const [label, program, ...args] of CHECKS) {
      const startedAt = Date.now();
      const { code, output } = await run(stop, program, args, 'captured');
      const mark = code === 0 ? style.good('✓') : style.bad('✗');
      console.log(`${mark} ${label.padEnd(18)}${style.dim(seconds(Date.now() - startedAt).padStart(7))}`);
      if (code === 0) continue;
      console.log(`\n${output.trimEnd()}\n`);
      console.log('0 passed, 0 failed');
      return 1;
    }
    const startedAt = Date.now();
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { code } = await run(stop, 'vitest', ['run', ...reporters, ...process.argv.slice(2)], 'shown');
    const { passed, failed } = await readReport(report, code);
    const mark = code === 0 ? style.good('✓') : style.bad('✗');
    console.log(`${mark} ${'tests'.padEnd(18)}${style.dim(seconds(Date.now() - startedAt).padStart(7))}`);
    console.log(`${passed} passed, ${failed} failed`);
    return code === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** Runs a program of node_modules, under the Node that is among them. */
async function run(
  stop: AbortSignal,
  program: string,
  args: string[],
  output: 'captured' | 'shown',
): Promise<{ code: number; output: string }> {
  const child = spawn(program, args, {
    env: { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH}` },
    shell: process.platform === 'win32',
    stdio: output === 'shown' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk;
    });
  }
  stop.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code: code ?? 1, output: text };
}

/** A file that could not be loaded has no tests to fail, so it counts as one. */
async function readReport(path: string, code: number): Promise<{ passed: number; failed: number }> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: code === 0 ? 0 : 1 };
  const { numPassedTests, numFailedTests, testResults } = reportSchema.parse(JSON.parse(text));
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return { passed: numPassedTests, failed: numFailedTests + unloaded.length };
}
