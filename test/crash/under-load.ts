import { setTimeout as delay } from 'node:timers/promises';
import { type Booted, boot } from '../../src/local/boot.ts';
import type { ApiClient } from '../../src/local/client/api.ts';
import { followRun } from '../../src/local/client/follow.ts';
import { giveTask, readRun } from '../../src/local/client/runs.ts';
import { openSession } from '../../src/local/client/session.ts';
import { readBranch } from '../support/branch.ts';
import { scriptOf } from '../support/deliver.ts';

const RUNS = 20;
/** Deaths come this far apart, in milliseconds: some before a lease has run out, some after. */
const BETWEEN_DEATHS = { least: 300, most: 2_500 };
/** How long the Worker may be away. */
const PATIENCE_MS = 30_000;

/** The task of one of many runs: two commits and a pull request, with text slow enough to be interrupted. */
const taskOf = (nth: number) =>
  scriptOf(
    { text: `I begin with note ${nth}. `.repeat(6), calls: [{ name: 'list_files', input: {} }] },
    {
      calls: [
        { name: 'write_file', input: { path: `notes/${nth}.md`, content: 'one\n' } },
        { name: 'commit', input: { message: `Add note ${nth}` } },
      ],
    },
    {
      text: 'Now the second line. '.repeat(6),
      calls: [
        {
          name: 'edit_file',
          input: { path: `notes/${nth}.md`, oldText: 'one\n', newText: 'one\ntwo\n' },
        },
        { name: 'commit', input: { message: `Extend note ${nth}` } },
      ],
    },
    { calls: [{ name: 'open_pull_request', input: { title: `Note ${nth}` } }] },
    { text: 'Done.' },
  );

/** What came of it: what was wrong, how many runs there were, and how long it took in milliseconds. */
export interface Survived {
  wrong: string[];
  runs: number;
  tookMs: number;
}

/**
 * Twenty runs at once in the real Worker in workerd, which is killed with SIGKILL at random moments and started again. Every
 * run must end `completed`, its log without a gap, with each of its commits and its pull request once in the repository.
 * Should all have ended before the last death, twenty more begin.
 *
 * @param options.kills how often the Worker dies
 * @param options.onKill told of each death
 */
export async function crashUnderLoad({
  kills,
  onKill,
}: {
  kills: number;
  onKill: (nth: number) => void;
}): Promise<Survived> {
  const startedAt = Date.now();
  const booted = await boot({ env: { LOG_LEVEL: 'error', LEASE_MS: '1000' }, chunkDelayMs: 20 });
  const survived: Survived = { wrong: [], runs: 0, tookMs: 0 };
  try {
    const api = await openSession(booted.url);
    for (let killed = 0; killed < kills; ) {
      const first = survived.runs;
      survived.runs += RUNS;
      const tasks = Array.from({ length: RUNS }, (_, at) => first + at);
      // Whoever loses the answer to a task cannot know whether it was given, so nobody dies before all are.
      const runIds = await Promise.all(
        tasks.map((nth) => giveTask(api, { repository: 'demo/todo-api', prompt: taskOf(nth) })),
      );
      let ended = false;
      const lives = Promise.all(
        runIds.map((runId, at) => liveThrough(booted, api, runId, first + at)),
      ).finally(() => {
        ended = true;
      });
      while (killed < kills) {
        await delay(BETWEEN_DEATHS.least + Math.random() * (BETWEEN_DEATHS.most - BETWEEN_DEATHS.least));
        if (ended) break;
        await booted.crash();
        onKill(++killed);
      }
      survived.wrong.push(...(await lives).flat());
    }
    return { ...survived, tookMs: Date.now() - startedAt };
  } finally {
    await booted.close();
  }
}

/** Follows a run to its end through every crash, and looks what is in the repository. */
async function liveThrough(booted: Booted, api: ApiClient, runId: string, nth: number): Promise<string[]> {
  const wrong: string[] = [];
  let last = 0;
  for await (const { id } of followRun(api, runId, { patienceMs: PATIENCE_MS })) {
    if (id === undefined) continue;
    if (Number(id) !== last + 1) wrong.push(`event ${id} came after ${last}`);
    last = Number(id);
  }
  const run = await insist(() => readRun(api, runId));
  if (run.status !== 'completed') wrong.push(`${run.status}: ${run.error?.message ?? 'no error'}`);
  const { messages, pullRequests } = await readBranch(booted.cloud, run.result.branch ?? '');
  const subjects = messages.map((message) => message.split('\n')[0]).join(', ');
  const expected = `Add note ${nth}, Extend note ${nth}`;
  if (subjects !== expected) wrong.push(`its branch has "${subjects}" and not "${expected}"`);
  if (pullRequests.length !== 1) wrong.push(`it has ${pullRequests.length} pull requests`);
  return wrong.map((line) => `${runId}: ${line}`);
}

/** Reads again while the Worker is away. */
async function insist<T>(read: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (Date.now() - startedAt > PATIENCE_MS) throw error;
      await delay(200);
    }
  }
}
