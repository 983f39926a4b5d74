import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepSecrets } from './secrets.ts';
import { envFileOf, findRunningCloud, wipeState, writeEnvFile } from './state-dir.ts';
import { lockState } from './state-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cadence-state-'));
});
afterEach(() => rm(folder, { recursive: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('the state of a local cloud', () => {
  it('keeps its secrets, for its owner alone', async () => {
    const path = join(folder, 'secrets.json');
    const first = await keepSecrets(path);
    expect(await keepSecrets(path)).toEqual(first);
    expect(await modeOf(path)).toBe(0o600);
    expect(first.encryptionKey).toMatch(/^[0-9a-f]{64}$/);
  });

  it('does not replace secrets that it cannot read', async () => {
    const path = join(folder, 'secrets.json');
    await writeFile(path, '{"jwtSecret":');
    await expect(keepSecrets(path)).rejects.toThrow('cannot be read');
  });

  it('shows its bindings to its owner alone, even over a file that everybody could read', async () => {
    await writeFile(envFileOf(folder), '', { mode: 0o644 });
    await writeEnvFile(folder, { PUBLIC_URL: 'http://127.0.0.1:1' });
    expect(await modeOf(envFileOf(folder))).toBe(0o600);
  });

  it('is wiped of what is its own and nothing else', async () => {
    await mkdir(join(folder, 'database'));
    await keepSecrets(join(folder, 'secrets.json'));
    await writeFile(join(folder, 'thesis.txt'), 'mine');
    await wipeState(folder);
    expect(await readdir(folder)).toEqual(['thesis.txt']);
  });

  it('is wiped where there is none yet', async () => {
    await wipeState(join(folder, 'none'));
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not wiped or taken while a cloud runs on it', async () => {
    const release = await lockState(join(folder, 'lock'));
    await keepSecrets(join(folder, 'secrets.json'));
    await expect(lockState(join(folder, 'lock'))).rejects.toThrow('already running');
    await expect(wipeState(folder)).rejects.toThrow('already running');
    expect(await readdir(folder)).toContain('secrets.json');
    release();
  });

  it('says what to do when no cloud is running', async () => {
    await expect(findRunningCloud(folder)).rejects.toThrow('npm start');
    await writeEnvFile(folder, { PUBLIC_URL: 'http://127.0.0.1:9' });
    await expect(findRunningCloud(folder)).rejects.toThrow('npm start');
  });
});
