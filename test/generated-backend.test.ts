import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { expect, it } from 'vitest';
import { runIdOf } from '../src/domain/jobs/job-id.ts';
import { openApi } from './support/api.ts';
import { deliverUntilRest } from './support/deliver.ts';

const { cloud, api, token } = await openApi();
const run = promisify(execFile);

/** The backend has no dependencies, so npm needs no registry to install it; `--offline` makes sure that it asks none. */
const INSTALL = ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'];

it('installs and passes its own tests, as the zip has it', async () => {
  const prompt = 'A REST API for notes, with tags and search';
  const { jobId } = (await api.post('/generate-backend', { prompt }, { token })).body;
  expect(await deliverUntilRest(cloud, runIdOf(jobId) ?? '')).toBe('completed');
  const zip = await cloud.app.request(`/jobs/${jobId}/files.zip`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const cwd = await mkdtemp(join(tmpdir(), 'cadence-generated-'));
  try {
    for (const [path, bytes] of Object.entries(unzipSync(new Uint8Array(await zip.arrayBuffer())))) {
      await mkdir(dirname(join(cwd, path)), { recursive: true });
      await writeFile(join(cwd, path), bytes);
    }
    await run('npm', INSTALL, { cwd });
    const { stdout } = await run('npm', ['test'], { cwd });
    expect(Number(/^\W+pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThanOrEqual(5);
    expect(stdout).toMatch(/^\W+fail 0$/m);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
});
