import { parseArgs } from 'node:util';
import { type Booted, boot } from '../src/local/boot.ts';
import { followRun } from '../src/local/client/follow.ts';
import { giveTask, type Run, readDiff, readRun } from '../src/local/client/runs.ts';
import { openSession } from '../src/local/client/session.ts';
import { LocalCloudError } from '../src/local/cloud/local-cloud-error.ts';
import { describeModelSource, modelSourceFrom } from '../src/local/cloud/model-source.ts';
import { field } from '../src/local/terminal/columns.ts';
import { costLines, usedSince } from '../src/local/terminal/cost.ts';
import { showDiff } from '../src/local/terminal/diff-view.ts';
import { showLogLine } from '../src/local/terminal/log-line.ts';
import { createRunView, waitsForSomebody } from '../src/local/terminal/run-view.ts';
import { type Style, styleFor } from '../src/local/terminal/style.ts';
import { stagePrinter } from './support/boot-view.ts';
import { main } from './support/main.ts';

const TASK = 'Add a DELETE /todos/:id endpoint with a test';
const REPOSITORY = 'demo/todo-api';
/** So that the scripted model can be watched; the real one has a pace of its own. */
const CHUNK_DELAY_MS = 8;
const MAX_WIDTH = 100;

/** Boots everything, gives an agent a task and shows what comes of it. Nothing is left behind. */
await main(async (stop) => {
  const { positionals } = parseArgs({ allowPositionals: true });
  const task = positionals.join(' ').trim() || TASK;
  const style = styleFor(process.stdout, process.env);
  const model = modelSourceFrom(process.env);

  console.log(`\n${style.bold('Cadence')}, all of it on this machine\n`);
  const booted = await boot({
    model,
    chunkDelayMs: CHUNK_DELAY_MS,
    env: { LOG_LEVEL: 'warn' },
    onStage: stagePrinter(style),
    // Once it is being stopped, what is cut off is no news.
    onLine: (line) => stop.aborted || console.error(showLogLine(line, style)),
  });
  try {
    stop.throwIfAborted();
    console.log(`\n${field('API', booted.url)}\n${field('Model', describeModelSource(model))}`);
    return await perform(booted, task, style, stop);
  } finally {
    await booted.close();
  }
});

/** @returns the exit code: 0 when the run completed, and with a pull request where the task calls for one */
async function perform(
  { url, cloud, worker }: Booted,
  prompt: string,
  style: Style,
  stop: AbortSignal,
): Promise<number> {
  const api = await openSession(url, 'demo');
  console.log(field('Signed in', 'demo'));
  console.log(field('Repository', `${cloud.github.url}/${REPOSITORY}`));
  console.log(field('Task', style.bold(prompt)));

  const over = new AbortController();
  worker().exited.then((lastLines) => {
    over.abort(new LocalCloudError(`The Worker's process has ended.\n${lastLines}`));
  });
  const signal = AbortSignal.any([stop, over.signal]);
  const before = cloud.counts();
  const startedAt = Date.now();
  const runId = await giveTask(api, { repository: REPOSITORY, prompt });
  const view = createRunView({ style, width: Math.min(process.stdout.columns ?? MAX_WIDTH, MAX_WIDTH) });
  for await (const event of followRun(api, runId, { signal })) {
    process.stdout.write(view.show(event));
    if (waitsForSomebody(event)) break;
  }
  const tookMs = Date.now() - startedAt;
  const used = usedSince(before, cloud.counts());
  const run = await readRun(api, runId);
  const diff = await readDiff(api, runId);

  if (diff !== '') console.log(`\n  ${style.bold('Diff')}\n${showDiff(diff, style)}`);
  const { pullRequest, branch } = run.result;
  if (pullRequest) {
    console.log(`\n  ${style.bold('Pull request')}`);
    console.log(field(`#${pullRequest.number}`, pullRequest.title));
    console.log(field('Address', pullRequest.url));
    console.log(field('Branch', branch ?? ''));
  }
  console.log(`\n  ${style.bold('What it took')}`);
  for (const line of costLines(run, used, tookMs)) console.log(line);

  console.log(style.dim('\n  All of it is gone when this ends. npm start keeps one running.\n'));
  const problem = problemOf(run, prompt === TASK);
  if (problem === undefined) return 0;
  console.error(style.bad(`  ${problem}`));
  return 1;
}

function problemOf({ status, error, result }: Run, needsPullRequest: boolean): string | undefined {
  if (error) return `The run ${status}: ${error.message} (${error.code})`;
  if (status !== 'completed') return `The run did not complete; it is ${status}.`;
  if (needsPullRequest && !result.pullRequest) return 'The run completed without a pull request.';
  return undefined;
}
