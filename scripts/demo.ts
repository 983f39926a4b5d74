import { parseArgs } from 'node:util';
import type { Booted } from '../src/local/boot.ts';
import { giveTask, type Run, readDiff, readRun } from '../src/local/client/runs.ts';
import { openSession } from '../src/local/client/session.ts';
import { describeModelSource, modelSourceFrom } from '../src/local/cloud/model-source.ts';
import { field } from '../src/local/terminal/columns.ts';
import { costLines, usedSince } from '../src/local/terminal/cost.ts';
import { showDiff } from '../src/local/terminal/diff-view.ts';
import type { Style } from '../src/local/terminal/style.ts';
import { demo } from './support/demo.ts';
import { showRun } from './support/show-run.ts';

const TASK = 'Add a DELETE /todos/:id endpoint with a test';
const REPOSITORY = 'demo/todo-api';
/** So that the scripted model can be watched; the real one has a pace of its own. */
const CHUNK_DELAY_MS = 8;

const model = modelSourceFrom(process.env);

/** Boots everything, gives an agent a task and shows what comes of it. Nothing is left behind. */
await demo(
  undefined,
  (booted, style, signal) => {
    const { positionals } = parseArgs({ allowPositionals: true });
    const task = positionals.join(' ').trim() || TASK;
    console.log(`\n${field('API', booted.url)}\n${field('Model', describeModelSource(model))}`);
    return perform(booted, task, style, signal);
  },
  { model, chunkDelayMs: CHUNK_DELAY_MS },
);

/** @returns the exit code: 0 when the run completed, and with a pull request where the task calls for one */
async function perform(
  { url, cloud }: Booted,
  prompt: string,
  style: Style,
  signal: AbortSignal,
): Promise<number> {
  const api = await openSession(url, 'demo');
  console.log(field('Signed in', 'demo'));
  console.log(field('Repository', `${cloud.github.url}/${REPOSITORY}`));
  console.log(field('Task', style.bold(prompt)));

  const before = cloud.counts();
  const startedAt = Date.now();
  const runId = await giveTask(api, { repository: REPOSITORY, prompt });
  await showRun(api, runId, style, signal);
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
