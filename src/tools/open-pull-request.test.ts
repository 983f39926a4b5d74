import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalGitHub, openLocalGitHub } from '../github/testing.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { commit } from './commit.ts';
import { openPullRequest } from './open-pull-request.ts';
import { repositoryWorkspace, toolContext } from './testing.ts';

let local: LocalGitHub;
let workspace: Workspace;

beforeEach(async () => {
  local = await openLocalGitHub({ 'README.md': '# Sample\n' });
  const { sha } = await local.client.getBranch(local.repository, 'main');
  workspace = repositoryWorkspace(local, sha, { 'README.md': '# Better\n' });
});
afterEach(() => local.close());

const context = (toolCallId: string) => toolContext({ workspace, github: local.client, toolCallId });
const open = (toolCallId = 'call_2') =>
  openPullRequest.run(context(toolCallId), { title: 'Better readme', body: 'It was bad.' });
const commitAll = () => commit.run(context('call_1'), { message: 'Better readme' });
const creations = () => local.requests.filter((line) => line === `POST /repos/${local.repository}/pulls`);

describe('open_pull_request', () => {
  it('opens one from the branch of the agent to the base branch', async () => {
    await commitAll();
    const result = await open();
    const pull = await local.client.findOpenPull(local.repository, { head: workspace.branch, base: 'main' });
    const data = { number: pull?.number, url: pull?.url, title: 'Better readme' };
    expect(result).toEqual({
      output: `Opened pull request #${pull?.number}: ${pull?.url}.`,
      result: data,
      events: [{ type: 'pullRequest.opened', data }],
    });
    expect(pull?.body).toBe('It was bad.\n\nCadence-Tool-Call: call_2');
  });

  it('wants a commit first', async () => {
    expect(await open()).toMatchObject({ isError: true, output: expect.stringContaining('Commit first') });
    expect(creations()).toEqual([]);
  });

  it('mentions edits that are not committed', async () => {
    await commitAll();
    workspace.write('more.md', 'more\n');
    expect((await open()).output).toContain('It lacks 1 edited file that is not committed');
  });

  it('adopts its own after a lost answer, with the same result and event', async () => {
    await commitAll();
    let opened = 0;
    local.intercept(async (request, forward) => {
      if (opened > 0) throw new TypeError('network');
      const response = await forward();
      if (request.method !== 'POST') return response;
      opened++;
      throw new TypeError('connection reset');
    });
    await expect(open()).rejects.toMatchObject({ code: 'unavailable' });
    local.intercept((_request, forward) => forward());
    const repeated = await open();
    expect(repeated.events).toEqual([{ type: 'pullRequest.opened', data: repeated.result }]);
    expect(creations()).toHaveLength(1);
  });

  it('makes one of calls that run at the same time', async () => {
    await commitAll();
    const results = await Promise.all([open('call_2'), open('call_2'), open('call_3')]);
    expect(new Set(results.map(({ result }) => result?.number)).size).toBe(1);
    expect(results.some(({ isError }) => isError)).toBe(false);
    const events = results.map(({ events = [] }) => events.length);
    expect([
      [1, 1, 0],
      [0, 0, 1],
    ]).toContainEqual(events);
  });

  it('points at one that somebody else opened, without claiming it', async () => {
    await commitAll();
    const branches = { head: workspace.branch, base: 'main' };
    const theirs = await local.client.createPull(local.repository, {
      ...branches,
      title: 'Theirs',
      body: '',
    });
    const result = await open();
    expect(result.output).toContain('is open already');
    expect(result.result).toEqual({ number: theirs.number, url: theirs.url, title: 'Theirs' });
    expect(result.events).toBeUndefined();
  });

  it('tells an agent without a repository that it has none', async () => {
    expect(await openPullRequest.run(toolContext(), { title: 'x' })).toMatchObject({ isError: true });
  });
});
