import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { z } from 'zod';
import { type Booted, boot } from '../src/local/boot.ts';
import type { ApiClient } from '../src/local/client/api.ts';
import { openSession } from '../src/local/client/session.ts';
import { LocalCloudError } from '../src/local/cloud/local-cloud-error.ts';
import { describeModelSource, modelSourceFrom } from '../src/local/cloud/model-source.ts';
import { field } from '../src/local/terminal/columns.ts';
import { showLogLine } from '../src/local/terminal/log-line.ts';
import { type Style, styleFor } from '../src/local/terminal/style.ts';
import { stagePrinter } from './support/boot-view.ts';
import { main } from './support/main.ts';

const PROMPT = 'A REST API for notes, with tags and search';
const REPOSITORY = 'demo/generated-backend';
const CHUNK_DELAY_MS = 8;
const LOOK_EVERY_MS = 150;

const run = promisify(execFile);

const acceptedSchema = z.object({ jobId: z.string(), statusUrl: z.string() });
const jobSchema = z.object({
  state: z.enum(['waiting', 'active', 'completed', 'failed']),
  progress: z.number(),
  waitingFor: z.string().nullable(),
  result: z
    .object({
      success: z.boolean(),
      files: z.array(z.object({ path: z.string(), bytes: z.number() })),
      pushed: z.object({ url: z.string(), sha: z.string() }).nullable(),
    })
    .nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});

/** Boots everything, has a backend generated, and proves it: installs it, runs its tests, clones what was pushed. Nothing is left behind. */
await main(async (stop) => {
  const { positionals } = parseArgs({ allowPositionals: true });
  const prompt = positionals.join(' ').trim() || PROMPT;
  const style = styleFor(process.stdout, process.env);
  const model = modelSourceFrom(process.env);
  console.log(`\n${style.bold('Cadence')}, a backend from one sentence, all of it on this machine\n`);
  const booted = await boot({
    model,
    chunkDelayMs: CHUNK_DELAY_MS,
    env: { LOG_LEVEL: 'warn' },
    onStage: stagePrinter(style),
    onLine: (line) => stop.aborted || console.error(showLogLine(line, style)),
  });
  const folder = await mkdtemp(join(tmpdir(), 'cadence-backend-'));
  try {
    stop.throwIfAborted();
    console.log(`\n${field('Model', describeModelSource(model))}\n${field('Prompt', style.bold(prompt))}`);
    return await perform(booted, { prompt, folder }, style, stop);
  } finally {
    await booted.close();
    await rm(folder, { recursive: true, force: true });
  }
});

/** @returns the exit code: 0 when the job completed and what it made passes its own tests, from the zip and from the clone */
async function perform(
  { url, worker }: Booted,
  { prompt, folder }: { prompt: string; folder: string },
  style: Style,
  stop: AbortSignal,
): Promise<number> {
  const over = new AbortController();
  worker().exited.then((lastLines) => {
    over.abort(new LocalCloudError(`The Worker's process has ended.\n${lastLines}`));
  });
  const signal = AbortSignal.any([stop, over.signal]);
  const api = await openSession(url, 'demo');
  const { jobId } = await api.json(acceptedSchema, 'POST', '/generate-backend', {
    prompt,
    repository: REPOSITORY,
    private: false,
  });
  console.log(field('Job', jobId));
  const job = await follow(api, jobId, signal);
  const pushed = job.result?.pushed;
  if (job.state !== 'completed' || !pushed) {
    console.error(
      style.bad(`\n  The job ${job.state}: ${job.error?.message ?? `it waits for ${job.waitingFor}`}`),
    );
    return 1;
  }
  console.log(`\n  ${style.bold('Files')}`);
  for (const { path, bytes } of job.result?.files ?? []) console.log(field(`${bytes} bytes`, path));

  const unzipped = join(folder, 'zip');
  const zip = await api.send('GET', `/jobs/${jobId}/files.zip`);
  await unzip(new Uint8Array(await zip.arrayBuffer()), unzipped);
  console.log(`\n  ${style.bold('From the zip')}`);
  const isSound = await installAndTest(unzipped, style, signal);

  const cloned = join(folder, 'clone');
  await run('git', ['clone', '--quiet', `${pushed.url}.git`, cloned], { signal });
  console.log(`\n  ${style.bold('From the repository')}\n${field(pushed.sha.slice(0, 7), pushed.url)}`);
  const isPushed = await installAndTest(cloned, style, signal);
  console.log(style.dim('\n  All of it is gone when this ends. npm start keeps one running.\n'));
  return isSound && isPushed ? 0 : 1;
}

/** Shows the progress until the job ends or waits for somebody. */
async function follow(
  api: ApiClient,
  jobId: string,
  signal: AbortSignal,
): Promise<z.infer<typeof jobSchema>> {
  let shown = -1;
  for (;;) {
    const job = await api.json(jobSchema, 'GET', `/jobs/${jobId}`);
    if (job.progress !== shown) console.log(field(`${job.progress} %`, bar(job.progress)));
    shown = job.progress;
    const waits = job.waitingFor !== null && job.waitingFor !== 'timer';
    if (job.state === 'completed' || job.state === 'failed' || waits) return job;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

function bar(percent: number): string {
  return '█'.repeat(Math.round(percent / 4)).padEnd(25, '░');
}

async function unzip(zip: Uint8Array, folder: string): Promise<void> {
  for (const [path, bytes] of Object.entries(unzipSync(zip))) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

/** Does with the backend what its user would do first. */
async function installAndTest(cwd: string, style: Style, signal: AbortSignal): Promise<boolean> {
  // Its tests are none of a test that may be running this.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  try {
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd, env, signal });
    console.log(field('npm install', style.good('✓')));
    const { stdout } = await run('npm', ['test'], { cwd, env, signal });
    const passed = /^. pass (\d+)$/m.exec(stdout)?.[1];
    console.log(
      field('npm test', `${style.good('✓')} ${passed === undefined ? '' : `${passed} tests pass`}`),
    );
    return true;
  } catch (error) {
    signal.throwIfAborted();
    console.error(style.bad(error instanceof Error ? error.message : String(error)));
    if (error instanceof Error && 'stdout' in error) console.error(String(error.stdout).slice(-2_000));
    return false;
  }
}
