import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import { describe, expect, it, onTestFinished } from 'vitest';
import { start } from './github.ts';
import { commitFiles, openGitHub, temporaryDirectory, todo } from './testing.ts';

const run = promisify(execFile);

/** Runs git without the settings of whoever runs the tests. */
async function git(cwd: string, ...args: string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'T',
    GIT_AUTHOR_EMAIL: 't@example.com',
    GIT_COMMITTER_NAME: 'T',
    GIT_COMMITTER_EMAIL: 't@example.com',
  };
  return (await run('git', args, { cwd, env })).stdout.trim();
}

async function serve() {
  const root = await temporaryDirectory();
  const github = await start({ root, clientId: 'client', clientSecret: 'secret' });
  onTestFinished(() => github.close());
  return { github, work: await temporaryDirectory() };
}

describe('git over HTTP', () => {
  it('clones a directory added as repository, fetches what the API commits, and takes pushes', async () => {
    const { github, work } = await serve();
    await mkdir(`${work}/sample/src`, { recursive: true });
    await mkdir(`${work}/sample/node_modules/x`, { recursive: true });
    await writeFile(`${work}/sample/README.md`, '# Sample\n');
    await writeFile(`${work}/sample/src/run.sh`, '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(`${work}/sample/node_modules/x/index.js`, '');
    const sample = { owner: 'demo', name: 'todo-api', fromDirectory: `${work}/sample` };
    const { cloneUrl } = await github.addRepository(sample);
    expect(await github.addRepository(sample)).toMatchObject({ cloneUrl, defaultBranch: 'main' });
    expect(cloneUrl).toBe(`${github.url}/demo/todo-api.git`);

    const clone = `${work}/clone`;
    await git(work, 'clone', '--quiet', cloneUrl, clone);
    expect(await git(clone, 'ls-files', '--stage')).toMatch(/100644 .*README\.md\n100755 .*src\/run\.sh$/);

    const token = await github.issueToken('demo');
    const headers = { authorization: `Bearer ${token}`, 'user-agent': 'test' };
    const body = JSON.stringify({ message: 'By API', content: 'eA==', branch: 'main' });
    await fetch(`${github.apiUrl}/repos/demo/todo-api/contents/x.txt`, { method: 'PUT', headers, body });
    await git(clone, 'pull', '--quiet');
    expect(await readFile(`${clone}/x.txt`, 'utf8')).toBe('x');
    expect(await git(clone, 'fsck', '--strict')).toBe('');

    await writeFile(`${clone}/pushed.txt`, 'p\n');
    await git(clone, 'add', '.');
    await git(clone, 'commit', '--quiet', '-m', 'Pushed');
    await expect(git(clone, 'push', '--quiet')).rejects.toThrow(
      /could not read Username|terminal prompts disabled/,
    );
    const pushUrl = cloneUrl.replace('http://', `http://demo:${token}@`);
    await git(clone, 'push', '--quiet', pushUrl, 'HEAD:main');
    const stranger = cloneUrl.replace('http://', `http://octo:${await github.issueToken('octo')}@`);
    await expect(git(clone, 'push', '--quiet', stranger, 'HEAD:other')).rejects.toThrow('403');
    const tip = await fetch(`${github.apiUrl}/repos/demo/todo-api/git/ref/heads/main`, { headers });
    expect(await tip.json()).toMatchObject({ object: { sha: await git(clone, 'rev-parse', 'HEAD') } });
  });

  it('copies a Git repository, packs and all, and keeps private ones from those without a token', async () => {
    const { github, work } = await serve();
    const source = `${work}/source`;
    await git(work, 'init', '--quiet', '--initial-branch=trunk', source);
    await writeFile(`${source}/a.txt`, 'a\n');
    await git(source, 'add', '.');
    await git(source, 'commit', '--quiet', '-m', 'One');
    await git(source, 'tag', '-a', 'v1', '-m', 'One');
    await git(source, 'gc', '--quiet');
    const added = await github.addRepository({ owner: 'demo', name: 'copy', fromGit: source, private: true });
    expect(added.defaultBranch).toBe('trunk');
    const token = await github.issueToken('demo');
    const headers = { authorization: `token ${token}`, 'user-agent': 'test' };
    const file = await fetch(`${github.apiUrl}/repos/demo/copy/contents/a.txt?ref=v1`, { headers });
    expect(await file.json()).toMatchObject({ content: 'YQo=\n' });
    await expect(git(work, 'clone', '--quiet', added.cloneUrl, 'no')).rejects.toThrow(
      'terminal prompts disabled',
    );
    const url = added.cloneUrl.replace('http://', `http://x-access-token:${token}@`);
    await git(work, 'clone', '--quiet', url, 'yes');
    expect(await git(`${work}/yes`, 'rev-parse', 'HEAD')).toBe(await git(source, 'rev-parse', 'HEAD'));
    const other = url.replace(token, await github.issueToken('octo'));
    await expect(git(work, 'clone', '--quiet', other, 'no')).rejects.toThrow('not found');
  });

  it('serves a tarball whose link to a private repository expires', async () => {
    let now = Date.parse('2026-11-21T12:00:00Z');
    const { demo, fetch, url } = await openGitHub({ clock: { now: () => now } });
    await commitFiles(demo, 'main', { 'src/a.ts': 'a', [`deep/${'x'.repeat(120)}.txt`]: 'long' });
    await demo.request('PATCH /repos/{owner}/{repo}', { ...todo, private: true });
    const answer = await demo.request('GET /repos/{owner}/{repo}/tarball/{ref}', { ...todo, ref: 'main' });
    const link = answer.headers.location ?? '';
    expect([answer.status, link.startsWith(`${url}/_codeload/`)]).toEqual([302, true]);
    const archive = await fetch(new Request(link));
    const entries = await unpackTar(gunzipSync(await archive.arrayBuffer()));
    const main = await demo.request('GET /repos/{owner}/{repo}/commits/{ref}', { ...todo, ref: 'main' });
    const folder = `demo-todo-api-${main.data.sha.slice(0, 7)}`;
    expect(entries.map(({ header }) => header.name.replace(/\/$/, ''))).toEqual(
      ['', '/README.md', '/deep', `/deep/${'x'.repeat(120)}.txt`, '/src', '/src/a.ts'].map(
        (path) => folder + path,
      ),
    );
    expect((await fetch(new Request(link.replace(/token=.*/, 'token=1')))).status).toBe(404);
    now += 5 * 60_000;
    expect((await fetch(new Request(link))).status).toBe(404);
  });

  it('makes diffs that git applies', async () => {
    const { demo } = await openGitHub();
    const work = await temporaryDirectory();
    const numbered = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}\n`).join('');
    await commitFiles(demo, 'main', {
      'a.txt': numbered(40),
      'gone.txt': 'x',
      'old.txt': 'moved\n',
      'end.txt': 'no end',
    });
    await commitFiles(demo, 'feature', {
      'a.txt': numbered(40).replace('line 3\n', 'three\n').replace('line 30\n', ''),
      'gone.txt': null,
      'old.txt': null,
      'new.txt': 'moved\n',
      'end.txt': 'no end\nnow',
      'empty.txt': '',
    });
    const { data } = await demo.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
      ...todo,
      basehead: 'main...feature',
      mediaType: { format: 'diff' },
    });
    await writeFile(`${work}/a.txt`, numbered(40));
    await writeFile(`${work}/gone.txt`, 'x');
    await writeFile(`${work}/old.txt`, 'moved\n');
    await writeFile(`${work}/end.txt`, 'no end');
    await writeFile(`${work}/change.diff`, String(data));
    await git(work, 'init', '--quiet');
    await git(work, 'apply', 'change.diff');
    expect(await readFile(`${work}/a.txt`, 'utf8')).toContain('line 2\nthree\nline 4\n');
    expect(await readFile(`${work}/end.txt`, 'utf8')).toBe('no end\nnow');
    expect(await readFile(`${work}/new.txt`, 'utf8')).toBe('moved\n');
    expect(await readFile(`${work}/empty.txt`, 'utf8')).toBe('');
    await expect(readFile(`${work}/gone.txt`)).rejects.toThrow('ENOENT');
  });
});
