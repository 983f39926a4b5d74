import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalGitHub, openLocalGitHub } from '../github/testing.ts';
import { createGitHubBases } from './github-base.ts';
import { type BaseFiles, WorkspaceError } from './workspace.ts';

let local: LocalGitHub;
let sha: string;
let base: BaseFiles;

const many = Object.fromEntries(
  Array.from({ length: 20 }, (_, index) => [`many/${index}.txt`, `text ${index}\n`]),
);
const files = {
  ...many,
  'README.md': '\ufeff# Sample\n',
  'bin/run': '#!/bin/sh\n',
  'logo.png': new Uint8Array([137, 80, 78, 71, 0, 1]),
  'latin1.txt': new Uint8Array([0xe9]),
  'huge.txt': 'x'.repeat(1024 * 1024 + 1),
};

beforeEach(async () => {
  local = await openLocalGitHub(files, {
    executables: ['bin/run'],
    links: { LINK: 'README.md' },
    private: true,
  });
  sha = (await local.client.getBranch(local.repository, 'main')).sha;
  base = createGitHubBases(local).at(sha);
  local.requests.length = 0;
});
afterEach(() => local.close());

const kinds = () => local.requests.map((line) => /git\/(trees|blobs)|tarball|_codeload/.exec(line)?.[0]);

describe('a base on GitHub', () => {
  it('lists all files from one request', async () => {
    expect(await base.paths()).toEqual([...Object.keys(files), 'LINK'].sort());
    expect(await base.mode('bin/run')).toBe('100755');
    expect(await base.mode('LINK')).toBe('120000');
    expect(await base.mode('bin')).toBeNull();
    expect(kinds()).toEqual(['git/trees']);
  });

  it('reads a file once, byte order mark included', async () => {
    const read = () => base.read('README.md');
    expect([await read(), await read()]).toEqual(Array(2).fill({ kind: 'text', text: '\ufeff# Sample\n' }));
    expect(kinds()).toEqual(['git/trees', 'git/blobs']);
  });

  it('tells what is missing and what is no text', async () => {
    expect(await base.read('ghost')).toEqual({ kind: 'missing' });
    expect(await base.read('many')).toEqual({ kind: 'missing' });
    expect(await base.read('logo.png')).toEqual({ kind: 'unreadable', reason: 'binary' });
    expect(await base.read('latin1.txt')).toEqual({ kind: 'unreadable', reason: 'binary' });
    expect(await base.read('LINK')).toEqual({ kind: 'text', text: 'README.md' });
  });

  it('does not fetch what is too large', async () => {
    expect(await base.read('huge.txt')).toEqual({ kind: 'unreadable', reason: 'tooLarge' });
    expect(kinds()).toEqual(['git/trees']);
  });

  it('loads all texts by one archive and reads from it afterwards', async () => {
    const texts = await base.all();
    expect([...texts.keys()].sort()).toEqual(['README.md', 'bin/run', ...Object.keys(many)].sort());
    expect(texts.get('README.md')).toBe('\ufeff# Sample\n');
    await base.all();
    await base.read('many/3.txt');
    await base.read('logo.png');
    expect(kinds()).toEqual(['git/trees', 'tarball', '_codeload']);
  });

  it('keeps the token from where the archive is', async () => {
    const tokens: (string | null)[] = [];
    local.intercept((request, forward) => {
      tokens.push(request.headers.get('authorization'));
      return forward();
    });
    await base.all();
    expect(tokens.map((token) => token !== null)).toEqual([true, true, false]);
  });

  it('knows at another commit what it read at this one', async () => {
    const bases = createGitHubBases(local);
    await bases.at(sha).all();
    const next = await local.push('main', { 'README.md': '# New\n', 'many/1.txt': null });
    local.requests.length = 0;
    const texts = await bases.at(next).all();
    expect(texts.get('README.md')).toBe('# New\n');
    expect(texts.has('many/1.txt')).toBe(false);
    expect(kinds()).toEqual(['git/trees', 'git/blobs']);
  });

  it('throws an outage, also in the middle of an archive, and loads again when asked again', async () => {
    local.intercept(async (request, forward) => {
      const response = await forward();
      if (!request.url.includes('_codeload')) return response;
      const bytes = await response.arrayBuffer();
      return new Response(bytes.slice(0, bytes.byteLength / 2), response);
    });
    await expect(base.all()).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    local.intercept((_request, forward) => forward());
    expect((await base.all()).size).toBe(22);
  });

  it('fetches what an archive leaves out or alters', async () => {
    const next = await local.push('main', { '.gitattributes': 'many/* export-ignore\n' });
    const bytes = await new Response(await local.client.getTarball(local.repository, sha)).arrayBuffer();
    const altered = await alter(bytes);
    local.intercept((request, forward) =>
      request.url.includes('_codeload') ? Promise.resolve(new Response(altered)) : forward(),
    );
    const texts = await createGitHubBases(local).at(next).all();
    expect(texts.get('many/1.txt')).toBe('text 1\n');
    expect(texts.get('many/2.txt')).toBe('text 2\n');
    expect(texts.get('.gitattributes')).toContain('export-ignore');
  });

  it('refuses to load a tree that is too large, or listed in part', async () => {
    const answer = (change: (json: string) => string) =>
      local.intercept(async (request, forward) => {
        const response = await forward();
        if (!request.url.includes('/git/trees/')) return response;
        return new Response(change(await response.text()), response);
      });
    answer((json) => json.replace(/"size":\d+/g, '"size":20971520'));
    await expect(base.all()).rejects.toThrow(WorkspaceError);
    answer((json) => json.replace('"truncated":false', '"truncated":true'));
    await expect(createGitHubBases(local).at(sha).paths()).rejects.toThrow(/more files than GitHub lists/);
  });
});

/** Takes one file out of an archive and makes another longer, as `export-ignore` and `export-subst` do. */
async function alter(bytes: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
  const { packTar, unpackTar } = await import('modern-tar');
  const open = new Response(bytes).body?.pipeThrough(new DecompressionStream('gzip'));
  if (!open) throw new Error('no archive');
  const entries = (await unpackTar(open)).filter(({ header }) => !header.name.endsWith('many/1.txt'));
  const text = new TextEncoder().encode('text of another length\n');
  const changed = entries.map((entry) =>
    entry.header.name.endsWith('many/2.txt')
      ? { header: { ...entry.header, size: text.byteLength }, data: text }
      : entry,
  );
  const packed = new Response(await packTar(changed)).body?.pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
