import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitHubError } from '../github/errors.ts';
import { type LocalGitHub, openLocalGitHub } from '../github/testing.ts';
import { branchNameProblem } from './branch-name.ts';
import { createBranch } from './create-branch.ts';
import { repositoryWorkspace, toolContext } from './testing.ts';

let local: LocalGitHub;
let mainSha: string;

beforeEach(async () => {
  local = await openLocalGitHub({ 'README.md': '# Sample\n' });
  mainSha = (await local.client.getBranch(local.repository, 'main')).sha;
});
afterEach(() => local.close());

const run = (name: string, from?: string) =>
  createBranch.run(
    toolContext({ workspace: repositoryWorkspace(local, mainSha, {}), github: local.client }),
    {
      name,
      ...(from === undefined ? {} : { from }),
    },
  );
const writes = () => local.requests.filter((line) => line.startsWith('POST'));

describe('create_branch', () => {
  it('puts a branch where the base is, or where another branch is', async () => {
    expect(await run('feature/x')).toEqual({
      output: `The branch feature/x is there, at ${mainSha.slice(0, 7)} as main is.`,
      result: { name: 'feature/x', from: 'main', sha: mainSha },
    });
    const moved = await local.push('feature/x', { 'a.txt': 'a' });
    expect((await run('feature/y', 'feature/x')).result).toMatchObject({ sha: moved });
    expect(await local.client.getRef(local.repository, 'feature/y')).toBe(moved);
  });

  it('adopts a branch that is there already, at the same commit', async () => {
    await run('feature');
    expect((await run('feature')).result).toMatchObject({ sha: mainSha });
    expect(writes()).toHaveLength(1);
  });

  it('leaves a branch at another commit alone', async () => {
    await run('feature');
    const theirs = await local.push('feature', { 'a.txt': 'a' });
    expect(await run('feature')).toMatchObject({ isError: true, output: expect.stringContaining('already') });
    expect(await local.client.getRef(local.repository, 'feature')).toBe(theirs);
  });

  it('adopts what it made when the answer was lost', async () => {
    local.intercept(async (request, forward) => {
      const response = await forward();
      if (request.method === 'POST') throw new TypeError('connection reset');
      return response;
    });
    expect((await run('feature')).result).toMatchObject({ sha: mainSha });
    expect(writes()).toHaveLength(1);
  });

  it('is tried again when GitHub was away before anything was made', async () => {
    local.intercept((request, forward) =>
      request.method === 'POST' ? Promise.reject(new TypeError('network')) : forward(),
    );
    await expect(run('feature')).rejects.toThrow(GitHubError);
    local.intercept((_request, forward) => forward());
    expect((await run('feature')).result).toMatchObject({ sha: mainSha });
  });

  it('keeps away from the branches of other agents', async () => {
    for (const name of ['cadence/agent_2', 'Cadence/agent_1', 'cadence/agent_1/x']) {
      expect(await run(name)).toMatchObject({
        isError: true,
        output: expect.stringContaining('belong to agents'),
      });
    }
    expect((await run('cadence/agent_1')).isError).toBeUndefined();
  });

  it('says when there is nothing to start from', async () => {
    expect(await run('feature', 'ghost')).toMatchObject({
      isError: true,
      output: 'There is no branch ghost to start from.',
    });
    const without = toolContext();
    expect(await createBranch.run(without, { name: 'feature' })).toMatchObject({ isError: true });
  });
});

describe('branchNameProblem', () => {
  it.each(['main', 'feature/x', 'a.b', 'fix-1', 'ünïcode', 'a@b', '1'])('takes %s', (name) => {
    expect(branchNameProblem(name)).toBeUndefined();
  });

  it.each([
    '',
    'a b',
    'a\tb',
    'a\x7f',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[b',
    'a\\b',
    'a..b',
    'a@{1}',
    '@',
    '-a',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a.',
    'HEAD',
    'refs/heads/a',
    'x'.repeat(201),
  ])('refuses %j', (name) => {
    expect(branchNameProblem(name)).toEqual(expect.any(String));
  });
});
