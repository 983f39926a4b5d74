import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Away from the ports of an `npm start` that a developer has running. */
const PORT = '19400';

it('npm start comes up, says where, and ends at Ctrl-C', { timeout: 60_000 }, async () => {
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
    expect((await fetch(`http://127.0.0.1:${PORT}/health`)).status).toBe(200);
  } finally {
    child.kill('SIGINT');
    await exited;
    await rm(state, { recursive: true, force: true });
  }
});
