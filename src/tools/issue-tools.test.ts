import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitHubError } from '../github/errors.ts';
import { type LocalGitHub, openLocalGitHub } from '../github/testing.ts';
import { addLabel } from './add-label.ts';
import { comment } from './comment.ts';
import { repositoryWorkspace, toolContext } from './testing.ts';

let local: LocalGitHub;
let issue: number;

beforeEach(async () => {
  local = await openLocalGitHub({ 'README.md': '# Sample\n' });
  const head = (await local.client.getBranch(local.repository, 'main')).sha;
  await local.client.createRef(local.repository, 'feature', head);
  await local.push('feature', { 'a.txt': 'a' });
  const pull = { head: 'feature', base: 'main', title: 'P', body: '' };
  issue = (await local.client.createPull(local.repository, pull)).number;
});
afterEach(() => local.close());

const context = (toolCallId = 'call_1') =>
  toolContext({
    toolCallId,
    workspace: repositoryWorkspace(local, null, {}),
    github: local.client,
    plannedAt: `${new Date().toISOString().slice(0, 19)}Z`,
  });
const bodies = async () => {
  const options = { since: '2000-01-01T00:00:00Z', page: 1 };
  return (await local.client.listComments(local.repository, issue, options)).items.map(({ body }) => body);
};

describe('add_label', () => {
  it('makes what labels are lacking, and a repeat changes nothing', async () => {
    const first = await addLabel.run(context(), { issue, labels: ['bug', 'voice'] });
    expect(first).toEqual({
      output: `#${issue} carries: bug, voice.`,
      result: { issue, labels: ['bug', 'voice'] },
    });
    expect(await addLabel.run(context(), { issue, labels: ['Bug'] })).toEqual(first);
  });

  it('tells the model of an issue that is not there, and throws an outage on', async () => {
    expect(await addLabel.run(context(), { issue: 99, labels: ['bug'] })).toMatchObject({ isError: true });
    local.intercept(() => Promise.reject(new TypeError('network')));
    await expect(addLabel.run(context(), { issue, labels: ['bug'] })).rejects.toThrow(GitHubError);
  });

  it('needs a repository', async () => {
    expect(await addLabel.run(toolContext(), { issue, labels: ['bug'] })).toMatchObject({ isError: true });
  });
});

describe('comment', () => {
  it('carries a mark that no page shows', async () => {
    const { output, result } = await comment.run(context(), { issue, body: 'Hello' });
    expect(output).toMatch(/^Commented on #1: http.+#issuecomment-\d+\.$/);
    expect(result).toMatchObject({ issue, commentId: expect.any(Number) });
    expect(await bodies()).toEqual(['Hello\n\n<!-- Cadence-Tool-Call: call_1 -->']);
  });

  it('is found by its mark, by the first that carries it', async () => {
    expect(await comment.lookUp?.(context(), { issue, body: 'Hello' })).toBeNull();
    const made = await comment.run(context(), { issue, body: 'Hello' });
    await local.client.createComment(
      local.repository,
      issue,
      '> Hello\n> <!-- Cadence-Tool-Call: call_1 -->',
    );
    expect(await comment.lookUp?.(context(), { issue, body: 'Hello' })).toEqual(made);
    expect(await comment.lookUp?.(context('call_2'), { issue, body: 'Hello' })).toBeNull();
  });

  it('is found on a later page', async () => {
    for (let at = 0; at < 100; at++) {
      await local.client.createComment(local.repository, issue, `Noise ${at}`);
    }
    const made = await comment.run(context(), { issue, body: 'Hello' });
    expect(await comment.lookUp?.(context(), { issue, body: 'Hello' })).toEqual(made);
  });

  it('tells the model what GitHub refused', async () => {
    expect(await comment.run(context(), { issue: 99, body: 'Hello' })).toMatchObject({ isError: true });
    expect(await comment.run(toolContext(), { issue, body: 'Hello' })).toMatchObject({ isError: true });
  });
});
