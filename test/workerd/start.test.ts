import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { signIn } from '../../src/local/sign-in.ts';
import { stockClient } from '../support/stock-client.ts';

/** Away from the ports of an `npm start` that a developer has running. */
const PORT = '19400';

it('npm start comes up, serves a client that a stock generator made from its contract, and ends at Ctrl-C', {
  timeout: 90_000,
}, async () => {
  const state = await mkdtemp(join(tmpdir(), 'cadence-start-'));
  const args = ['scripts/start.ts', '--port', PORT, '--state', state];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const exited = new Promise((resolve) => child.once('close', resolve));
  const running = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
        if (output.includes('Development')) resolve();
      });
    }
  });
  try {
    await Promise.race([running, exited]);
    expect(output).toContain(`http://127.0.0.1:${PORT}`);
    await doTheMainJob(`http://127.0.0.1:${PORT}`);
  } finally {
    child.kill('SIGINT');
    await exited;
    await rm(state, { recursive: true, force: true });
  }
});

async function doTheMainJob(url: string): Promise<void> {
  const api = await stockClient(url, (await signIn(url)).accessToken);
  const { activeRun } = await api.createAgent({
    newAgent: { repository: 'demo/todo-api', prompt: 'Add a DELETE /todos/:id endpoint with a test' },
  });
  const run = { runId: activeRun.id };
  await expect.poll(async () => (await api.getRun(run)).status, { timeout: 45_000 }).toBe('completed');
  const { result } = await api.getRun(run);
  expect(result.pullRequest.title).toContain('DELETE /todos/:id');
  expect(await api.getDiff(run)).toContain("+    { method: 'DELETE', path: '/todos/:id'");
  const { data } = await api.followRun(run);
  expect(data.at(-1)).toMatchObject({ type: 'run.completed' });
}
