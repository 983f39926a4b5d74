import { describe, expect, it } from 'vitest';
import { commitFiles, openGitHub, refusal, todo } from './testing.ts';

const create = 'POST /repos/{owner}/{repo}/pulls';
const merge = 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge';

describe('pull requests', () => {
  it('opens one, lists its files and shows its diff', async () => {
    const { demo, url, fetch } = await openGitHub();
    await commitFiles(demo, 'feature', { 'src/a.ts': 'one\ntwo\n', 'README.md': '# todo-api\n\nMore\n' });
    const { data, status } = await demo.request(create, {
      ...todo,
      title: 'Add a',
      head: 'feature',
      base: 'main',
      body: 'Why <not>',
    });
    expect({ status, number: data.number, mergeable: data.mergeable, files: data.changed_files }).toEqual({
      status: 201,
      number: 1,
      mergeable: true,
      files: 2,
    });
    expect(data.html_url).toBe(`${url}/demo/todo-api/pull/1`);
    const files = await demo.request('GET /repos/{owner}/{repo}/pulls/{pull_number}/files', {
      ...todo,
      pull_number: 1,
    });
    expect(files.data.map(({ filename, status, additions }) => [filename, status, additions])).toEqual([
      ['README.md', 'modified', 2],
      ['src/a.ts', 'added', 2],
    ]);
    const diff = await demo.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
      ...todo,
      pull_number: 1,
      mediaType: { format: 'diff' },
    });
    expect(diff.data).toContain('diff --git a/src/a.ts b/src/a.ts\nnew file mode 100644');
    expect(await (await fetch(new Request(`${url}/demo/todo-api/pull/1.diff`))).text()).toBe(diff.data);
    const page = await (await fetch(new Request(data.html_url))).text();
    expect(page).toContain('Add a');
    expect(page).toContain('Why &lt;not&gt;');
  });

  it('finds pull requests by head, base and state', async () => {
    const { demo } = await openGitHub();
    await commitFiles(demo, 'one', { a: '1' });
    await commitFiles(demo, 'two', { b: '2' });
    await demo.request(create, { ...todo, title: 'One', head: 'demo:one', base: 'main' });
    await demo.request(create, { ...todo, title: 'Two', head: 'two', base: 'main', draft: true });
    await demo.request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', {
      ...todo,
      pull_number: 2,
      state: 'closed',
    });
    const titles = async (query: object) =>
      (await demo.request('GET /repos/{owner}/{repo}/pulls', { ...todo, ...query })).data.map(
        ({ title }) => title,
      );
    expect(await titles({})).toEqual(['One']);
    expect(await titles({ state: 'all' })).toEqual(['Two', 'One']);
    expect(await titles({ state: 'all', head: 'demo:two' })).toEqual(['Two']);
    expect(await titles({ base: 'other' })).toEqual([]);
  });

  it('refuses a second one for the branch, an unknown branch and a branch without commits', async () => {
    const { demo } = await openGitHub();
    await commitFiles(demo, 'feature', { a: '1' });
    const open = (head: string) => demo.request(create, { ...todo, title: 'T', head, base: 'main' });
    await open('feature');
    expect(await refusal(open('feature'))).toEqual({
      status: 422,
      message: 'Validation Failed',
      errors: [
        {
          resource: 'PullRequest',
          code: 'custom',
          message: 'A pull request already exists for demo:feature.',
        },
      ],
    });
    expect((await refusal(open('nowhere'))).errors).toEqual([
      { resource: 'PullRequest', field: 'head', code: 'invalid' },
    ]);
    expect((await refusal(open('main'))).errors).toEqual([
      { resource: 'PullRequest', code: 'custom', message: 'No commits between main and main' },
    ]);
  });

  it.each(['merge', 'squash', 'rebase'] as const)('merges by %s', async (merge_method) => {
    const { demo } = await openGitHub();
    await commitFiles(demo, 'feature', { a: '1\n' }, 'First');
    const head = await commitFiles(demo, 'feature', { b: '2\n' }, 'Second');
    await commitFiles(demo, 'main', { c: '3\n' }, 'Meanwhile');
    await demo.request(create, { ...todo, title: 'T', head: 'feature', base: 'main' });
    const stale = demo.request(merge, { ...todo, pull_number: 1, sha: '0'.repeat(40) });
    expect(await refusal(stale)).toMatchObject({
      status: 409,
      message: 'Head branch was modified. Review and try the merge again.',
    });
    const { data } = await demo.request(merge, { ...todo, pull_number: 1, sha: head, merge_method });
    expect(data).toMatchObject({ merged: true, message: 'Pull Request successfully merged' });
    const main = await demo.request('GET /repos/{owner}/{repo}/commits/{ref}', { ...todo, ref: 'main' });
    expect(main.data.sha).toBe(data.sha);
    expect(main.data.parents).toHaveLength(merge_method === 'merge' ? 2 : 1);
    const tree = await demo.request('GET /repos/{owner}/{repo}/git/trees/{tree_sha}', {
      ...todo,
      tree_sha: 'main',
    });
    expect(tree.data.tree.map(({ path }) => path)).toEqual(['README.md', 'a', 'b', 'c']);
    const pull = await demo.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
      ...todo,
      pull_number: 1,
    });
    expect(pull.data).toMatchObject({
      state: 'closed',
      merged: true,
      merge_commit_sha: data.sha,
      commits: 2,
    });
    expect((await refusal(demo.request(merge, { ...todo, pull_number: 1 }))).status).toBe(405);
  });

  it('refuses to merge what conflicts', async () => {
    const { demo } = await openGitHub();
    await commitFiles(demo, 'feature', { 'README.md': 'theirs\n' });
    await commitFiles(demo, 'main', { 'README.md': 'ours\n' });
    const { data } = await demo.request(create, { ...todo, title: 'T', head: 'feature', base: 'main' });
    expect([data.mergeable, data.mergeable_state]).toEqual([false, 'dirty']);
    expect(await refusal(demo.request(merge, { ...todo, pull_number: 1 }))).toMatchObject({
      status: 405,
      message: 'Pull Request is not mergeable',
    });
  });

  it('follows its branch, closes with it, and counts as merged when the base takes its commits', async () => {
    const { demo } = await openGitHub();
    await commitFiles(demo, 'one', { a: '1' });
    await commitFiles(demo, 'two', { b: '1' });
    await demo.request(create, { ...todo, title: 'One', head: 'one', base: 'main' });
    await demo.request(create, { ...todo, title: 'Two', head: 'two', base: 'main' });
    const moved = await commitFiles(demo, 'two', { b: '2' });
    const pull = async (pull_number: number) =>
      (await demo.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', { ...todo, pull_number })).data;
    expect((await pull(2)).head.sha).toBe(moved);
    await demo.request('PATCH /repos/{owner}/{repo}/git/refs/{ref}', {
      ...todo,
      ref: 'heads/main',
      sha: moved,
    });
    expect(await pull(2)).toMatchObject({ state: 'closed', merged: true });
    await demo.request('DELETE /repos/{owner}/{repo}/git/refs/{ref}', { ...todo, ref: 'heads/one' });
    expect(await pull(1)).toMatchObject({ state: 'closed', merged: false });
  });

  it('lets strangers read but neither open nor merge', async () => {
    const { demo, octo } = await openGitHub();
    await commitFiles(demo, 'feature', { a: '1' });
    const body = { ...todo, title: 'T', head: 'feature', base: 'main' };
    expect((await refusal(octo.request(create, body))).status).toBe(422);
    await demo.request(create, body);
    expect((await refusal(octo.request(merge, { ...todo, pull_number: 1 }))).status).toBe(404);
  });
});
