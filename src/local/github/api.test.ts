import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commitFiles, openGitHub, refusal, temporaryDirectory, todo } from './testing.ts';

const getContents = 'GET /repos/{owner}/{repo}/contents/{path}';
const putContents = 'PUT /repos/{owner}/{repo}/contents/{path}';
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('the doors of the API', () => {
  it('refuses unknown tokens, and asks for one where it must', async () => {
    const { as } = await openGitHub();
    expect(await refusal(as('gho_unknown').request('GET /user'))).toMatchObject({
      status: 401,
      message: 'Bad credentials',
    });
    expect(await refusal(as(undefined).request('GET /user'))).toMatchObject({
      status: 401,
      message: 'Requires authentication',
    });
    expect((await refusal(as(undefined).request('GET /nowhere' as 'GET /user'))).status).toBe(404);
  });

  it('hides private repositories from strangers and from tokens without the scope', async () => {
    const { demo, octo, as, issueToken } = await openGitHub();
    await demo.request('POST /user/repos', { name: 'secret', private: true, auto_init: true });
    const read = (octokit: typeof demo) =>
      octokit.request('GET /repos/{owner}/{repo}', { owner: 'demo', repo: 'secret' });
    expect((await read(demo)).data.permissions?.push).toBe(true);
    for (const stranger of [octo, as(undefined), as(await issueToken('demo', ['public_repo']))]) {
      expect(await refusal(read(stranger))).toMatchObject({ status: 404, message: 'Not Found' });
    }
    expect((await octo.request('GET /repos/{owner}/{repo}', todo)).data.permissions?.push).toBe(false);
  });

  it('answers 304 to those who have it already, and does not count that', async () => {
    const { demo } = await openGitHub();
    const first = await demo.request('GET /repos/{owner}/{repo}', todo);
    const again = demo.request('GET /repos/{owner}/{repo}', {
      ...todo,
      headers: { 'if-none-match': first.headers.etag },
    });
    await expect(again).rejects.toMatchObject({
      status: 304,
      response: {
        headers: { 'x-ratelimit-used': first.headers['x-ratelimit-used'], etag: first.headers.etag },
      },
    });
  });

  it('limits requests for each account until the hour is over', async () => {
    let now = Date.parse('2026-11-21T12:00:00Z');
    const { demo, octo } = await openGitHub({ clock: { now: () => now }, rateLimit: { authenticated: 2 } });
    const last = await demo.request('GET /user');
    expect(last.headers).toMatchObject({
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-used': '2',
      'x-ratelimit-reset': String(now / 1000 + 3600),
      'x-ratelimit-resource': 'core',
    });
    expect(await refusal(demo.request('GET /user'))).toMatchObject({
      status: 403,
      message: 'API rate limit exceeded for user ID 1.',
    });
    expect((await demo.request('GET /rate_limit')).data.rate.remaining).toBe(0);
    expect((await octo.request('GET /user')).status).toBe(200);
    now += 3_600_000;
    expect((await demo.request('GET /user')).status).toBe(200);
  });

  it('pages lists with links, a hundred at most', async () => {
    const { demo, url } = await openGitHub();
    for (let count = 0; count < 4; count += 1) await demo.request('POST /user/repos', { name: `r${count}` });
    const page = await demo.request('GET /user/repos', { per_page: 2, page: 2, sort: 'full_name' });
    expect(page.data.map(({ name }) => name)).toEqual(['r2', 'r3']);
    const base = `${url}/api/v3/user/repos?per_page=2`;
    expect(page.headers.link).toBe(
      ['prev:1', 'next:3', 'last:3', 'first:1']
        .map((entry) => entry.split(':'))
        .map(([rel, number]) => `<${base}&page=${number}&sort=full_name>; rel="${rel}"`)
        .join(', '),
    );
    expect((await demo.request('GET /user/repos', { per_page: 500 })).headers.link).toBeUndefined();
  });

  it('refuses bodies that are not JSON, and clients without a name', async () => {
    const { apiUrl, fetch, issueToken } = await openGitHub();
    const headers = { authorization: `Bearer ${await issueToken('demo')}`, 'user-agent': 'test' };
    const post = async (body: string) => {
      const answer = await fetch(new Request(`${apiUrl}/user/repos`, { method: 'POST', headers, body }));
      const { message } = z.object({ message: z.string() }).parse(await answer.json());
      return [answer.status, message];
    };
    expect(await post('{')).toEqual([400, 'Problems parsing JSON']);
    expect(await post('"x"')).toEqual([400, 'Body should be a JSON object']);
    expect(await post('{"name":5}')).toEqual([
      422,
      "Invalid request.\n\nFor 'properties/name', 5 is not a string.",
    ]);
    expect((await fetch(new Request(`${apiUrl}/user`))).status).toBe(403);
  });

  it('makes repositories for people and organisations, once each', async () => {
    const { demo, octo } = await openGitHub();
    expect((await demo.request('GET /user/orgs')).data.map(({ login }) => login)).toEqual(['acme']);
    const made = await demo.request('POST /orgs/{org}/repos', { org: 'acme', name: 'app', private: true });
    expect(made.data.full_name).toBe('acme/app');
    expect((await refusal(octo.request('POST /orgs/{org}/repos', { org: 'acme', name: 'b' }))).status).toBe(
      403,
    );
    expect(await refusal(demo.request('POST /user/repos', { name: 'todo-api' }))).toMatchObject({
      status: 422,
      errors: [{ field: 'name', message: 'name already exists on this account' }],
    });
  });
});

describe('contents', () => {
  it('writes, reads and deletes files, and checks the sha as GitHub does', async () => {
    const { demo } = await openGitHub();
    const file = { ...todo, path: 'src/näme.ts', message: 'Write' };
    const made = await demo.request(putContents, { ...file, content: base64('one') });
    expect([made.status, made.data.content?.path]).toEqual([201, 'src/näme.ts']);
    const sha = made.data.content?.sha ?? '';
    const put = (more: { sha?: string; branch?: string }) =>
      refusal(demo.request(putContents, { ...file, content: base64('two'), ...more }));
    expect(await put({})).toMatchObject({
      status: 422,
      message: 'Invalid request.\n\n"sha" wasn\'t supplied.',
    });
    expect(await put({ sha: 'dead' })).toMatchObject({
      status: 409,
      message: 'src/näme.ts does not match dead',
    });
    expect(await put({ sha: 'dead', branch: 'no' })).toMatchObject({
      status: 404,
      message: 'Branch no not found',
    });
    expect((await demo.request(putContents, { ...file, content: base64('two'), sha })).status).toBe(200);
    const read = await demo.request(getContents, { ...todo, path: file.path });
    expect(read.data).toMatchObject({
      type: 'file',
      encoding: 'base64',
      size: 3,
      content: `${base64('two')}\n`,
    });
    const raw = await demo.request(getContents, { ...todo, path: file.path, mediaType: { format: 'raw' } });
    expect(raw.data).toBe('two');
    const list = await demo.request(getContents, { ...todo, path: '' });
    expect(list.data).toMatchObject([
      { name: 'README.md', type: 'file' },
      { name: 'src', type: 'dir' },
    ]);
    await demo.request('DELETE /repos/{owner}/{repo}/contents/{path}', {
      ...file,
      sha: 'sha' in read.data && typeof read.data.sha === 'string' ? read.data.sha : '',
    });
    expect((await refusal(demo.request(getContents, { ...todo, path: file.path }))).status).toBe(404);
    expect(
      (await refusal(demo.request(getContents, { ...todo, path: 'README.md', ref: 'no' }))).message,
    ).toBe('No commit found for the ref no');
  });

  it('begins an empty repository', async () => {
    const { demo } = await openGitHub();
    await demo.request('POST /user/repos', { name: 'new' });
    const made = await demo.request(putContents, {
      owner: 'demo',
      repo: 'new',
      path: 'a',
      message: 'First',
      content: base64('a'),
    });
    expect(made.data.commit.parents).toEqual([]);
  });
});

describe('history', () => {
  it('compares branches and lists commits by path', async () => {
    const { demo } = await openGitHub();
    const first = await commitFiles(demo, 'feature', { 'a.txt': 'one\n' }, 'First');
    const second = await commitFiles(demo, 'feature', { 'b.txt': 'two' }, 'Second');
    await commitFiles(demo, 'main', { 'c.txt': 'c' }, 'Main');
    const { data } = await demo.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
      ...todo,
      basehead: 'main...feature',
    });
    expect([data.status, data.ahead_by, data.behind_by]).toEqual(['diverged', 2, 1]);
    expect(data.commits.map(({ sha }) => sha)).toEqual([first, second]);
    expect(data.files?.map(({ filename, patch }) => [filename, patch])).toEqual([
      ['a.txt', '@@ -0,0 +1 @@\n+one'],
      ['b.txt', '@@ -0,0 +1 @@\n+two\n\\ No newline at end of file'],
    ]);
    const commits = await demo.request('GET /repos/{owner}/{repo}/commits', {
      ...todo,
      sha: 'feature',
      path: 'a.txt',
    });
    expect(commits.data.map(({ commit }) => commit.message)).toEqual(['First']);
    const all = await demo.request('GET /repos/{owner}/{repo}/commits', {
      ...todo,
      sha: 'feature',
      per_page: 2,
    });
    expect(all.headers.link).toContain('rel="next"');
    expect(all.data).toHaveLength(2);
    const missing = { ...todo, basehead: 'main...nowhere' };
    expect(
      (await refusal(demo.request('GET /repos/{owner}/{repo}/compare/{basehead}', missing))).status,
    ).toBe(404);
  });

  it('lists branches and shows one whose name has a slash', async () => {
    const { demo } = await openGitHub();
    const sha = await commitFiles(demo, 'cadence/agent_1', { a: '1' });
    const branches = await demo.request('GET /repos/{owner}/{repo}/branches', todo);
    expect(branches.data.map(({ name }) => name)).toEqual(['cadence/agent_1', 'main']);
    const get = (branch: string) =>
      demo.request('GET /repos/{owner}/{repo}/branches/{branch}', { ...todo, branch });
    expect((await get('cadence/agent_1')).data.commit.sha).toBe(sha);
    expect(await refusal(get('nowhere'))).toMatchObject({ status: 404, message: 'Branch not found' });
  });
});

describe('a restart', () => {
  it('finds tokens, repositories and issues again', async () => {
    const root = await temporaryDirectory();
    const before = await openGitHub({ root });
    const token = await before.issueToken('demo');
    await before.demo.request('POST /repos/{owner}/{repo}/issues', { ...todo, title: 'Kept' });
    await before.close();
    const after = (await openGitHub({ root })).as(token);
    expect((await after.request('GET /repos/{owner}/{repo}/issues', todo)).data[0]?.title).toBe('Kept');
    expect((await after.request('GET /repos/{owner}/{repo}/branches', todo)).data).toHaveLength(1);
  });
});
