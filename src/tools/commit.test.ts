import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitHubError } from '../github/errors.ts';
import { type Interceptor, type LocalGitHub, openLocalGitHub } from '../github/testing.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { commit } from './commit.ts';
import { repositoryWorkspace, toolContext } from './testing.ts';

let local: LocalGitHub;
let mainSha: string;
const branch = 'cadence/agent_1';

beforeEach(async () => {
  local = await openLocalGitHub(
    { 'README.md': '# Sample\n', 'src/a.ts': 'a\n', 'src/b.ts': 'b\n', 'bin/run': '#!/bin/sh\n' },
    { executables: ['bin/run'], links: { 'LINK.md': 'README.md' } },
  );
  mainSha = (await local.client.getBranch(local.repository, 'main')).sha;
});
afterEach(() => local.close());

function workspaceOf(overlay: Record<string, string | null>, baseSha: string | null = mainSha) {
  return repositoryWorkspace(local, baseSha, overlay);
}

function run(workspace: Workspace, given: { toolCallId?: string; message?: string } = {}) {
  const { message = 'Change a', ...rest } = given;
  return commit.run(toolContext({ workspace, github: local.client, ...rest }), { message });
}

/** Messages of the branch that main lacks, newest first. */
async function messages(): Promise<string[]> {
  const commits = await local.client.listCommits(local.repository, branch, 20);
  return commits.map(({ message }) => message).slice(0, -1);
}

async function textOf(path: string): Promise<string | undefined> {
  const tree = await local.client.getTree(local.repository, branch);
  const item = tree.items.find((item) => item.path === path);
  return item && new TextDecoder().decode(await local.client.getBlob(local.repository, item.sha));
}

const isRefWrite = ({ method, url }: Request) => method !== 'GET' && url.includes('/git/refs');
const outage: Interceptor = () => Promise.reject(new TypeError('network'));

/** The first write of a ref takes effect and its answer is lost; `after` decides what becomes of later requests. */
function loseAnswer(after: Interceptor): Interceptor {
  let lost = false;
  return async (request, forward) => {
    if (lost) return after(request, forward);
    const response = await forward();
    if (!isRefWrite(request)) return response;
    lost = true;
    throw new TypeError('connection reset');
  };
}

describe('a first commit', () => {
  it('creates the branch with one commit of the whole overlay', async () => {
    const workspace = workspaceOf({ 'src/a.ts': 'A\n', 'docs/new.md': 'new\n', 'src/b.ts': null });
    const result = await run(workspace, { message: 'Change a\n\nBecause.' });
    const head = await local.client.getRef(local.repository, branch);
    const made = { sha: head, message: 'Change a\n\nBecause.', branch, files: 3 };
    expect(result).toEqual({
      output: `Committed 3 files to ${branch} as ${head?.slice(0, 7)}.`,
      result: made,
      events: [{ type: 'commit.created', data: made }],
    });
    expect(await messages()).toEqual(['Change a\n\nBecause.\n\nCadence-Tool-Call: call_1']);
    expect(await textOf('src/a.ts')).toBe('A\n');
    expect(await textOf('src/b.ts')).toBeUndefined();
    expect(await textOf('docs/new.md')).toBe('new\n');
    expect(workspace.overlay.size).toBe(0);
    expect(workspace.takeChanges()).toEqual({
      baseSha: head,
      put: [],
      removed: expect.arrayContaining(['src/a.ts', 'docs/new.md', 'src/b.ts']),
    });
    expect(await workspace.read('src/a.ts')).toEqual({ kind: 'text', text: 'A\n' });
  });

  it('keeps executables executable and links links', async () => {
    await run(workspaceOf({ 'bin/run': '#!/bin/bash\n', 'LINK.md': 'src/a.ts' }));
    const { items } = await local.client.getTree(local.repository, branch);
    const modes = Object.fromEntries(items.map(({ path, mode }) => [path, mode]));
    expect(modes).toMatchObject({ 'bin/run': '100755', 'LINK.md': '120000' });
  });

  it('is dated with the plan, so that a repetition makes the same commit', async () => {
    await run(workspaceOf({ 'src/a.ts': 'A\n' }));
    const [first] = await local.client.listCommits(local.repository, branch, 1);
    expect(first?.committedAt).toBe('2026-11-02T09:30:00Z');
  });
});

describe('nothing to commit', () => {
  it.each<[string, Record<string, string | null>]>([
    ['an empty overlay', {}],
    ['text that is already there', { 'src/a.ts': 'a\n' }],
    ['the deletion of what never was', { 'src/ghost.ts': null }],
  ])('is the answer to %s', async (_name, overlay) => {
    const result = await run(workspaceOf(overlay));
    expect(result).toMatchObject({ isError: true, output: expect.stringContaining('nothing to commit') });
    expect(await local.client.getRef(local.repository, branch)).toBeNull();
  });
});

describe('a lost answer', () => {
  it('is looked up and not repeated when the branch was created', async () => {
    local.intercept(loseAnswer((_request, forward) => forward()));
    const result = await run(workspaceOf({ 'src/a.ts': 'A\n' }));
    expect(result.isError).toBeUndefined();
    expect(await messages()).toHaveLength(1);
    expect(local.requests.filter((line) => line.includes('POST') && line.includes('/git/refs'))).toHaveLength(
      1,
    );
  });

  it('is looked up and not repeated when the branch was moved', async () => {
    const workspace = workspaceOf({ 'src/a.ts': 'A\n' });
    await run(workspace);
    workspace.write('src/b.ts', 'B\n');
    local.intercept(loseAnswer((_request, forward) => forward()));
    const result = await run(workspace, { toolCallId: 'call_2' });
    expect(result.isError).toBeUndefined();
    expect(await messages()).toHaveLength(2);
    expect(local.requests.filter((line) => line.includes('PATCH'))).toHaveLength(1);
  });

  it('is adopted by the repeated step, with the same result and events', async () => {
    const overlay = { 'src/a.ts': 'A\n', 'src/b.ts': null };
    local.intercept(loseAnswer(outage));
    await expect(run(workspaceOf(overlay))).rejects.toMatchObject({ retryable: true });
    local.intercept((_request, forward) => forward());
    const sha = await local.client.getRef(local.repository, branch);
    const before = local.requests.length;
    const repeated = await run(workspaceOf(overlay));
    expect(repeated.result).toEqual({ sha, message: 'Change a', branch, files: 2 });
    expect(repeated.events).toEqual([{ type: 'commit.created', data: repeated.result }]);
    expect(local.requests.slice(before).every((line) => line.startsWith('GET'))).toBe(true);
    expect(await messages()).toHaveLength(1);
  });

  it('is adopted even when someone else built on the commit meanwhile', async () => {
    local.intercept(loseAnswer(outage));
    await expect(run(workspaceOf({ 'src/a.ts': 'A\n' }))).rejects.toThrow(GitHubError);
    local.intercept((_request, forward) => forward());
    const sha = await local.client.getRef(local.repository, branch);
    await local.push(branch, { 'src/a.ts': 'theirs\n' });
    const workspace = workspaceOf({ 'src/a.ts': 'A\n' });
    expect((await run(workspace)).result).toMatchObject({ sha });
    expect(workspace.baseSha).toBe(sha);
    expect(await textOf('src/a.ts')).toBe('theirs\n');
  });
});

describe('a branch that someone else moved', () => {
  let workspace: Workspace;

  beforeEach(async () => {
    workspace = workspaceOf({ 'README.md': '# Mine\n' });
    await run(workspace, { toolCallId: 'call_0' });
  });

  it('is built upon when they changed other files', async () => {
    const theirs = await local.push(branch, { 'src/b.ts': 'theirs\n' });
    workspace.write('src/a.ts', 'A\n');
    const result = await run(workspace);
    expect(result.isError).toBeUndefined();
    const [newest] = await local.client.listCommits(local.repository, branch, 1);
    expect(newest).toMatchObject({ sha: result.result?.sha, parents: [theirs] });
    expect([await textOf('src/a.ts'), await textOf('src/b.ts')]).toEqual(['A\n', 'theirs\n']);
  });

  it('is built upon when they moved it between our look and our write', async () => {
    workspace.write('src/a.ts', 'A\n');
    let moved = false;
    local.intercept(async (request, forward) => {
      if (!moved && isRefWrite(request)) {
        moved = true;
        await local.push(branch, { 'src/b.ts': 'theirs\n' });
      }
      return forward();
    });
    expect((await run(workspace)).isError).toBeUndefined();
    expect([await textOf('src/a.ts'), await textOf('src/b.ts')]).toEqual(['A\n', 'theirs\n']);
  });

  it('goes back to the model when they changed the same files, and keeps its other edits', async () => {
    const theirs = await local.push(branch, { 'src/a.ts': 'theirs\n', 'src/sub/x.ts': 'x\n' });
    workspace.write('src/a.ts', 'A\n');
    workspace.write('src/sub', 'a file where they have a folder\n');
    workspace.write('src/b.ts', 'B\n');
    const result = await run(workspace);
    expect(result).toMatchObject({ isError: true, output: expect.stringContaining('src/a.ts, src/sub.') });
    expect(workspace.baseSha).toBe(theirs);
    expect([...workspace.overlay]).toEqual([['src/b.ts', 'B\n']]);
    expect(await workspace.read('src/a.ts')).toEqual({ kind: 'text', text: 'theirs\n' });
    expect(await local.client.getRef(local.repository, branch)).toBe(theirs);
  });

  it('is given up on when it moves at every attempt', async () => {
    workspace.write('src/a.ts', 'A\n');
    let count = 0;
    local.intercept(async (request, forward) => {
      if (isRefWrite(request)) await local.push(branch, { 'src/b.ts': `${count++}\n` });
      return forward();
    });
    const result = await run(workspace);
    expect(result).toMatchObject({ isError: true, output: expect.stringContaining('again and again') });
    expect([...workspace.overlay.keys()]).toEqual(['src/a.ts']);
  });
});

describe('refusals and outages', () => {
  it('tells the model that it may not push', async () => {
    const stranger = local.github.forToken(await local.tokenOf('octo'));
    const context = toolContext({ workspace: workspaceOf({ 'src/a.ts': 'A\n' }), github: stranger });
    const result = await commit.run(context, { message: 'Change a' });
    expect(result).toMatchObject({ isError: true, output: expect.stringMatching(/answered 40[34]/) });
  });

  it('throws when GitHub is out, before anything was done', async () => {
    local.intercept(outage);
    await expect(run(workspaceOf({ 'src/a.ts': 'A\n' }))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('throws the reason of a call that was aborted', async () => {
    const controller = new AbortController();
    const stopped = new Error('stopped');
    local.intercept(async (_request, forward) => {
      controller.abort(stopped);
      return forward();
    });
    const context = toolContext({
      workspace: workspaceOf({}),
      github: local.client,
      signal: controller.signal,
    });
    context.workspace.write('src/a.ts', 'A\n');
    await expect(commit.run(context, { message: 'x' })).rejects.toBe(stopped);
  });

  it('tells an agent without a repository that it has none', async () => {
    expect(await commit.run(toolContext(), { message: 'x' })).toMatchObject({ isError: true });
  });

  it('tells when the repository has no commit to build on', async () => {
    const result = await run(workspaceOf({ 'src/a.ts': 'A\n' }, null));
    expect(result).toMatchObject({ isError: true, output: expect.stringContaining('no commit to build on') });
  });
});
