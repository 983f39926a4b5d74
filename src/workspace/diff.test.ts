import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diffOverlay } from './diff.ts';
import { memoryBase } from './testing.ts';

const run = promisify(execFile);

describe('diffOverlay', () => {
  it('writes what git writes', async () => {
    const base = memoryBase(
      { 'a.txt': 'one\ntwo\nthree\n', 'run.sh': '#!/bin/sh\n', same: 'x' },
      { 'run.sh': '100755' },
    );
    const overlay = new Map([
      ['new.txt', 'new'],
      ['run.sh', null],
      ['same', 'x'],
      ['ghost', null],
      ['a.txt', 'one\n2\nthree\n'],
    ]);
    expect(await diffOverlay(overlay, base)).toBe(
      [
        'diff --git a/a.txt b/a.txt',
        '--- a/a.txt',
        '+++ b/a.txt',
        '@@ -1,3 +1,3 @@',
        ' one',
        '-two',
        '+2',
        ' three',
        'diff --git a/new.txt b/new.txt',
        'new file mode 100644',
        '--- /dev/null',
        '+++ b/new.txt',
        '@@ -0,0 +1,1 @@',
        '+new',
        '\\ No newline at end of file',
        'diff --git a/run.sh b/run.sh',
        'deleted file mode 100755',
        '--- a/run.sh',
        '+++ /dev/null',
        '@@ -1,1 +0,0 @@',
        '-#!/bin/sh',
        '',
      ].join('\n'),
    );
  });

  it('names binary files', async () => {
    const base = memoryBase({ 'logo.png': new Uint8Array([0]), 'icon.png': new Uint8Array([0]) });
    const diff = await diffOverlay(
      new Map([
        ['logo.png', 'text'],
        ['icon.png', null],
      ]),
      base,
    );
    expect(diff).toContain('Binary files a/logo.png and b/logo.png differ\n');
    expect(diff).toContain('deleted file mode 100644\nBinary files a/icon.png and /dev/null differ\n');
  });

  it('is empty when nothing differs', async () => {
    expect(await diffOverlay(new Map(), memoryBase({}))).toBe('');
  });
});

describe('git apply', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cadence-diff-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Checks files out, applies the diff of the overlay with the real git, and reads back what is there. */
  async function apply(files: Record<string, string>, overlay: Record<string, string | null>) {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    if ('run.sh' in files) await chmod(join(folder, 'run.sh'), 0o755);
    const base = memoryBase(files, { 'run.sh': '100755' });
    const diff = await diffOverlay(new Map(Object.entries(overlay)), base);
    await writeFile(join(folder, 'the.patch'), diff);
    await run('git', ['apply', '--whitespace=nowarn', 'the.patch'], {
      cwd: folder,
      env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(folder) },
    });
    const paths = Object.keys({ ...files, ...overlay });
    const texts = await Promise.all(
      paths.map((path) => readFile(join(folder, path), 'utf8').catch(() => null)),
    );
    return Object.fromEntries(paths.map((path, index) => [path, texts[index]]));
  }

  it('takes additions, edits and deletions, odd names and missing newlines', async () => {
    const files = {
      'a.txt': 'one\ntwo',
      'folder/with space.txt': 'x\n',
      'ü.txt': 'ü\n',
      'quo"te.txt': 'q\n',
      'run.sh': '#!/bin/sh\n',
      'windows.txt': 'one\r\ntwo\r\n',
      'gone.txt': 'gone',
      'emptied.txt': 'full\n',
    };
    const overlay = {
      'a.txt': 'one\ntwo\n',
      'folder/with space.txt': 'y\n',
      'folder/new with space.txt': 'n',
      'ü.txt': 'ö\n',
      'quo"te.txt': 'Q\n',
      'run.sh': '#!/bin/bash\n',
      'windows.txt': 'one\r\n2\r\n',
      'gone.txt': null,
      'emptied.txt': '',
      'born/empty.txt': '',
    };
    expect(await apply(files, overlay)).toEqual({ ...files, ...overlay });
  });

  it('takes texts that are too different to be compared line by line', async () => {
    const lines = (word: string) => Array.from({ length: 5000 }, (_, index) => `${word} ${index}\n`).join('');
    const overlay = { 'a.txt': lines('new').trimEnd() };
    expect(await apply({ 'a.txt': lines('old') }, overlay)).toEqual(overlay);
  });

  it('takes whatever edit there is', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', '', ' ', '-x', '+x', '@@ -1 +1 @@', '\\ No newline'), {
        maxLength: 12,
      })
      .map((lines) => lines.join('\n'));
    await fc.assert(
      fc.asyncProperty(text, text, async (before, after) => {
        fc.pre(before !== after);
        expect(await apply({ 'a.txt': before }, { 'a.txt': after })).toEqual({ 'a.txt': after });
      }),
      { numRuns: 40 },
    );
  });
});
