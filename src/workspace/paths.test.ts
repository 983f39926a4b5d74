import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseFolder, normalisePath } from './paths.ts';

describe('normalisePath', () => {
  it.each([
    'README.md',
    'src/a b/ü.ts',
    '.github/workflows/test.yml',
    '.gitignore',
    '.gitattributes',
    'a..b/c',
  ])('keeps %s', (path) => expect(normalisePath(path)).toEqual({ ok: true, path }));

  it('drops a leading "./"', () => {
    expect(normalisePath('./src/a.ts')).toEqual({ ok: true, path: 'src/a.ts' });
  });

  it.each([
    ['', 'is empty'],
    ['./', 'is empty'],
    ['/etc/passwd', 'starts with "/"'],
    ['.//etc/passwd', 'starts with "/"'],
    ['..', 'segment ".."'],
    ['src/../../x', 'segment ".."'],
    ['src/./x', 'segment "."'],
    ['src//x', 'empty segment'],
    ['src/', 'empty segment'],
    ['.git/config', 'belongs to Git itself'],
    ['sub/.GIT/hooks/post-checkout', 'belongs to Git itself'],
    ['.git./config', 'belongs to Git itself'],
    ['GIT~1/config', 'belongs to Git itself'],
    ['a\\b', 'backslash'],
    ['a\0b', 'control character'],
    ['a\nb', 'control character'],
    ['a\u0085b', 'control character'],
    ['a\ud800', 'not well-formed'],
    ['x'.repeat(256), 'longer than 255 bytes'],
    ['ü'.repeat(128), 'longer than 255 bytes'],
    ['x/'.repeat(512).concat('x'), 'longer than 1024 characters'],
  ])('refuses %j', (path, reason) => {
    expect(normalisePath(path)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  it('never lets a path out of the repository, and gives one spelling only', () => {
    const segment = fc.oneof(fc.constantFrom('..', '.', '', '.git', '/', 'a', './'), fc.string());
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        const result = normalisePath(segments.join('/'));
        if (!result.ok) return;
        // Behind `./` it is a path, whatever it looks like: "A:" alone would be a URL of its own.
        const { pathname } = new URL(`./${result.path.replace(/[?#%]/g, '_')}`, 'http://x/r/');
        expect(pathname).toMatch(/^\/r\/./);
        expect(normalisePath(result.path)).toEqual(result);
      }),
      { examples: [[['A:']]] },
    );
  });
});

describe('normaliseFolder', () => {
  it.each([
    ['', ''],
    ['.', ''],
    ['./', ''],
    ['src/', 'src'],
    ['./src/a', 'src/a'],
  ])('reads %j as %j', (input, path) => expect(normaliseFolder(input)).toEqual({ ok: true, path }));

  it.each(['/', '../', '..', 'src//'])('refuses %j', (input) => {
    expect(normaliseFolder(input)).toMatchObject({ ok: false });
  });
});
