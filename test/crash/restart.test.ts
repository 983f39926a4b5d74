import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Booted, boot } from '../../src/local/boot.ts';
import { followRun } from '../../src/local/client/follow.ts';
import { giveTask, readRun } from '../../src/local/client/runs.ts';
import { openSession } from '../../src/local/client/session.ts';
import { freePorts, type Ports } from '../../src/local/cloud/ports.ts';
import { readBranch } from '../support/branch.ts';

const TASK = { repository: 'demo/todo-api', prompt: 'Add a DELETE /todos/:id endpoint with a test' };

let stateDir: string;
let ports: Ports;
let booted: Booted | undefined;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'cadence-restart-'));
  ports = await freePorts();
});
afterAll(async () => {
  await booted?.close();
  await rm(stateDir, { recursive: true, force: true });
});

const start = () => boot({ stateDir, ports, env: { LOG_LEVEL: 'error', LEASE_MS: '1500' }, chunkDelayMs: 5 });

it('goes on with a run after everything was stopped and started again', { timeout: 40_000 }, async () => {
  booted = await start();
  const before = await openSession(booted.url);
  const runId = await giveTask(before, TASK);
  for await (const { type } of followRun(before, runId)) {
    if (type === 'file.changed') break;
  }
  await booted.close();

  booted = await start();
  expect(booted.cloud.repositories).toEqual([{ fullName: 'demo/todo-api', isNew: false }]);
  // The token of before is still good: the secrets were kept with the state.
  await expect(readRun(before, runId)).resolves.toMatchObject({ id: runId });
  const ids: number[] = [];
  for await (const { id } of followRun(before, runId)) {
    if (id !== undefined) ids.push(Number(id));
  }
  expect(ids).toEqual(ids.map((_, at) => at + 1));
  const run = await readRun(before, runId);
  expect(run).toMatchObject({ status: 'completed', error: null });
  const { messages, pullRequests } = await readBranch(booted.cloud, run.result.branch ?? '');
  expect(messages).toHaveLength(1);
  expect(pullRequests).toHaveLength(1);
});
