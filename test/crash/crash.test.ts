import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type Booted, boot } from '../../src/local/boot.ts';
import { followRun, type StreamedEvent } from '../../src/local/client/follow.ts';
import { giveTask, readRun } from '../../src/local/client/runs.ts';
import { openSession } from '../../src/local/client/session.ts';
import { readBranch } from '../support/branch.ts';

const TASK = { repository: 'demo/todo-api', prompt: 'Add a DELETE /todos/:id endpoint with a test' };

const toolSchema = z.object({ data: z.object({ name: z.string() }) });
const startsTool = ({ type, data }: StreamedEvent, name: string) =>
  type === 'toolCall.started' && toolSchema.parse(data).data.name === name;

/** Where the Worker dies, each once: in the middle of a sentence, of a commit, and of opening the pull request. */
const DEATHS: Record<string, (event: StreamedEvent) => boolean> = {
  'while the model speaks': ({ type }) => type === 'message.delta',
  'while it commits': (event) => startsTool(event, 'commit'),
  'while it opens the pull request': (event) => startsTool(event, 'open_pull_request'),
};

let booted: Booted;
beforeAll(async () => {
  // A lease that runs out in seconds, and text slow enough to be interrupted.
  booted = await boot({ env: { LOG_LEVEL: 'error', LEASE_MS: '1000' }, chunkDelayMs: 5 });
});
afterAll(() => booted?.close());

it('finishes a run whose worker is killed again and again, with every effect once', {
  timeout: 40_000,
}, async () => {
  const api = await openSession(booted.url);
  const runId = await giveTask(api, TASK);
  const deaths = new Map(Object.entries(DEATHS));
  const ids: number[] = [];
  for await (const event of followRun(api, runId)) {
    if (event.id !== undefined) ids.push(Number(event.id));
    for (const [where, happens] of deaths) {
      if (!happens(event)) continue;
      deaths.delete(where);
      await booted.crash();
    }
  }

  expect([...deaths.keys()]).toEqual([]);
  expect(ids).toEqual(ids.map((_, at) => at + 1));
  const run = await readRun(api, runId);
  expect(run).toMatchObject({ status: 'completed', error: null });
  expect(run.result.commits).toHaveLength(1);
  const { messages, pullRequests } = await readBranch(booted.cloud, run.result.branch ?? '');
  expect(messages).toEqual([expect.stringContaining('Cadence-Tool-Call: ')]);
  expect(pullRequests).toEqual([run.result.pullRequest?.number]);
});
