import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { commitFiles, openGitHub, refusal, todo } from './testing.ts';

const getRef = 'GET /repos/{owner}/{repo}/git/ref/{ref}';
const createRef = 'POST /repos/{owner}/{repo}/git/refs';
const moveRef = 'PATCH /repos/{owner}/{repo}/git/refs/{ref}';
const createTree = 'POST /repos/{owner}/{repo}/git/trees';

async function mainSha(demo: Awaited<ReturnType<typeof openGitHub>>['demo']): Promise<string> {
  return (await demo.request(getRef, { ...todo, ref: 'heads/main' })).data.object.sha;
}

describe('git data', () => {
  it('stores blobs under the oid that Git gives them and returns them in lines of base64', async () => {
    const { demo } = await openGitHub();
    const content = 'x'.repeat(100);
    const { data } = await demo.request('POST /repos/{owner}/{repo}/git/blobs', {
      ...todo,
      content: Buffer.from(content).toString('base64'),
      encoding: 'base64',
    });
    expect(data.sha).toBe(createHash('sha1').update(`blob 100\0${content}`).digest('hex'));
    const blob = await demo.request('GET /repos/{owner}/{repo}/git/blobs/{file_sha}', {
      ...todo,
      file_sha: data.sha,
    });
    expect(blob.data.content.split('\n')[0]).toHaveLength(60);
    expect(Buffer.from(blob.data.content, 'base64').toString()).toBe(content);
    const bad = demo.request('POST /repos/{owner}/{repo}/git/blobs', {
      ...todo,
      content: '%',
      encoding: 'base64',
    });
    expect((await refusal(bad)).status).toBe(422);
  });

  it('gives the same input the same commit, at the given dates and offsets', async () => {
    const { demo } = await openGitHub();
    const parents = [await mainSha(demo)];
    const tree = (
      await demo.request(createTree, {
        ...todo,
        tree: [{ path: 'a/b', mode: '100644', type: 'blob', content: 'x' }],
      })
    ).data.sha;
    const person = { name: 'A', email: 'a@example.com', date: '2026-01-02T03:04:05+02:00' };
    const make = () =>
      demo.request('POST /repos/{owner}/{repo}/git/commits', {
        ...todo,
        message: 'Same\n\nCadence-Tool-Call: 1',
        tree,
        parents,
        author: person,
      });
    const [first, second] = [await make(), await make()];
    expect(first.data.sha).toBe(second.data.sha);
    expect(first.data.committer).toEqual({ ...person, date: '2026-01-02T01:04:05Z' });
    const body = `tree ${tree}\nparent ${parents[0]}\nauthor A <a@example.com> 1767315845 +0200\ncommitter A <a@example.com> 1767315845 +0200\n\nSame\n\nCadence-Tool-Call: 1`;
    expect(first.data.sha).toBe(createHash('sha1').update(`commit ${body.length}\0${body}`).digest('hex'));
  });

  it('builds trees on a base: adds, deletes and drops empty folders', async () => {
    const { demo } = await openGitHub();
    await commitFiles(demo, 'main', { 'src/a.ts': 'a', 'src/b.ts': 'b', 'docs/x.md': 'x' });
    await commitFiles(demo, 'main', { 'docs/x.md': null, 'src/a.ts': 'changed', 'src/deep/c.ts': 'c' });
    const { data } = await demo.request('GET /repos/{owner}/{repo}/git/trees/{tree_sha}', {
      ...todo,
      tree_sha: 'main',
      recursive: '1',
    });
    expect(data.tree.map(({ path, type, size }) => [path, type, size])).toEqual([
      ['README.md', 'blob', 11],
      ['src', 'tree', undefined],
      ['src/a.ts', 'blob', 7],
      ['src/b.ts', 'blob', 1],
      ['src/deep', 'tree', undefined],
      ['src/deep/c.ts', 'blob', 1],
    ]);
  });

  it('refuses trees in the words of GitHub', async () => {
    const { demo } = await openGitHub();
    const message = async (entry: object, base_tree?: string) =>
      (
        await refusal(
          demo.request(createTree, {
            ...todo,
            base_tree,
            tree: [{ mode: '100644', type: 'blob', ...entry }],
          }),
        )
      ).message;
    const unknown = '1'.repeat(40);
    expect(await message({ path: 'a', sha: unknown })).toBe(`tree.sha ${unknown} is not a valid blob`);
    expect(await message({ path: '/a', content: '' })).toBe('tree.path cannot start with a slash');
    expect(await message({ path: '../a', content: '' })).toBe(
      'tree.path contains a malformed path component',
    );
    expect(await message({ path: '.git/config', content: '' })).toBe(
      'tree.path contains a malformed path component',
    );
    expect(await message({ path: 'a', sha: null })).toBe('GitRPC::BadObjectState');
    expect(await message({ path: 'a', content: '' }, unknown)).toBe('base_tree is not a valid tree oid');
    expect(await message({ path: 'a' })).toMatch(/^Must supply either tree.sha or tree.content/);
  });

  it('creates, lists and deletes refs', async () => {
    const { demo } = await openGitHub();
    const sha = await mainSha(demo);
    const made = await demo.request(createRef, { ...todo, ref: 'refs/heads/cadence/agent_1', sha });
    expect(made.data).toMatchObject({ ref: 'refs/heads/cadence/agent_1', object: { sha, type: 'commit' } });
    await demo.request(createRef, { ...todo, ref: 'refs/heads/cadence/agent_2', sha });
    const matching = await demo.request('GET /repos/{owner}/{repo}/git/matching-refs/{ref}', {
      ...todo,
      ref: 'heads/cadence/agent',
    });
    expect(matching.data.map(({ ref }) => ref)).toEqual([
      'refs/heads/cadence/agent_1',
      'refs/heads/cadence/agent_2',
    ]);
    const drop = (ref: string) =>
      demo.request('DELETE /repos/{owner}/{repo}/git/refs/{ref}', { ...todo, ref });
    await drop('heads/cadence/agent_1');
    await drop('heads/cadence/agent_2');
    expect((await refusal(drop('heads/cadence/agent_1'))).message).toBe('Reference does not exist');
    expect((await demo.request(createRef, { ...todo, ref: 'refs/heads/cadence', sha })).status).toBe(201);
    expect((await refusal(demo.request(getRef, { ...todo, ref: 'heads/cade' }))).status).toBe(404);
  });

  it('refuses refs that exist, lead nowhere, or have no proper name', async () => {
    const { demo, octo } = await openGitHub();
    const sha = await mainSha(demo);
    const create = (ref: string, target = sha, as = demo) =>
      as.request(createRef, { ...todo, ref, sha: target });
    expect(await refusal(create('refs/heads/main'))).toMatchObject({
      status: 422,
      message: 'Reference already exists',
    });
    expect((await refusal(create('refs/heads/x', '1'.repeat(40)))).message).toBe('Object does not exist');
    expect((await refusal(create('refs/heads/main/x'))).message).toBe('Reference update failed');
    expect((await refusal(create('refs/heads/a..b'))).status).toBe(422);
    expect((await refusal(create('heads/x'))).status).toBe(422);
    expect((await refusal(create('refs/pull/1/head'))).status).toBe(422);
    expect((await refusal(create('refs/heads/x', sha, octo))).status).toBe(404);
    const missing = demo.request(createRef, { ...todo, ref: 'refs/heads/x' } as never);
    expect(await refusal(missing)).toMatchObject({
      status: 422,
      message: 'Invalid request.\n\n"sha" wasn\'t supplied.',
    });
  });

  it('lets exactly one of many parallel writers move a branch', async () => {
    const { demo } = await openGitHub();
    const base = await mainSha(demo);
    const { data } = await demo.request('GET /repos/{owner}/{repo}/git/commits/{commit_sha}', {
      ...todo,
      commit_sha: base,
    });
    const commits = await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        const made = await demo.request('POST /repos/{owner}/{repo}/git/commits', {
          ...todo,
          message: `Writer ${writer}`,
          tree: data.tree.sha,
          parents: [base],
        });
        return made.data.sha;
      }),
    );
    const outcomes = await Promise.allSettled(
      commits.map((sha) => demo.request(moveRef, { ...todo, ref: 'heads/main', sha })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [loser = ''] = commits.filter((_, at) => outcomes[at]?.status === 'rejected');
    expect(await refusal(demo.request(moveRef, { ...todo, ref: 'heads/main', sha: loser }))).toMatchObject({
      status: 422,
      message: 'Update is not a fast forward',
    });
    await demo.request(moveRef, { ...todo, ref: 'heads/main', sha: loser, force: true });
    expect(await mainSha(demo)).toBe(loser);
  });

  it('refuses objects in a repository without a commit', async () => {
    const { demo } = await openGitHub();
    await demo.request('POST /user/repos', { name: 'empty' });
    const blob = { owner: 'demo', repo: 'empty', content: 'x' };
    expect(await refusal(demo.request('POST /repos/{owner}/{repo}/git/blobs', blob))).toMatchObject({
      status: 409,
      message: 'Git Repository is empty.',
    });
  });
});
