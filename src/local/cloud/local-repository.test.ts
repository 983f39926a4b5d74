import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLocalRepositories } from './local-repository.ts';

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'cadence-repository-')));
});
afterEach(() => rm(folder, { recursive: true }));

function git(directory: string, ...args: string[]): void {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
  execFileSync('git', ['-C', directory, ...identity, ...args], { stdio: 'ignore' });
}

async function repository(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  git(path, 'init', '--initial-branch=main');
  return path;
}

describe('a repository on this machine', () => {
  it('is called like its folder, in characters that GitHub allows', async () => {
    const path = await repository('my project.git');
    git(path, 'commit', '--allow-empty', '-m', 'Start');
    expect(await findLocalRepositories([path])).toEqual([{ path, name: 'my-project' }]);
  });

  it('is refused where there is nothing, or no repository', async () => {
    await expect(findLocalRepositories([join(folder, 'none')])).rejects.toThrow('is not there');
    await expect(findLocalRepositories([folder])).rejects.toThrow('is not a Git repository');
  });

  it('is refused without a commit, or off a branch', async () => {
    const path = await repository('bare-start');
    await expect(findLocalRepositories([path])).rejects.toThrow('has no commits yet');
    git(path, 'commit', '--allow-empty', '-m', 'Start');
    git(path, 'checkout', '--detach');
    await expect(findLocalRepositories([path])).rejects.toThrow('is not on a branch');
  });

  it('is refused when another one would have its name', async () => {
    const path = await repository('twin');
    git(path, 'commit', '--allow-empty', '-m', 'Start');
    await expect(findLocalRepositories([path, path])).rejects.toThrow('would both be demo/twin');
  });

  it('is named when a folder inside it was given', async () => {
    const path = await repository('outer');
    await mkdir(join(path, 'inner'));
    await expect(findLocalRepositories([join(path, 'inner')])).rejects.toThrow(`Its root is ${path}`);
  });
});
