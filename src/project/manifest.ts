import { z } from 'zod';
import { type Files, lineAt, type Problem } from './problem.ts';

const words = z.record(z.string(), z.string());

const manifestSchema = z.looseObject({
  name: z.string().min(1),
  type: z.enum(['module', 'commonjs']).optional(),
  main: z.string().optional(),
  scripts: words.default({}),
  imports: z.record(z.string(), z.unknown()).default({}),
  dependencies: words.default({}),
  devDependencies: words.default({}),
  peerDependencies: words.default({}),
  optionalDependencies: words.default({}),
});
export type Manifest = z.infer<typeof manifestSchema>;

const PATH = 'package.json';

/** What npm runs on the machine of whoever installs the project. */
const ON_INSTALL = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
];

/** The project's `package.json`, and what is wrong with it. Null where there is none that can be read. */
export function readManifest(files: Files): { manifest: Manifest | null; problems: Problem[] } {
  const text = files.get(PATH);
  const problem = (message: string, line: number | null = null): Problem => ({ path: PATH, line, message });
  if (text === undefined) return { manifest: null, problems: [problem('is missing')] };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What is wrong with its syntax is found with that of every other file.
    return { manifest: null, problems: [] };
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) =>
      problem(`${path.join('.') || 'the file'}: ${message}`),
    );
    return { manifest: null, problems };
  }
  const { scripts, main } = parsed.data;
  const at = (key: string) => {
    const offset = text.indexOf(JSON.stringify(key));
    return offset === -1 ? null : lineAt(text, offset);
  };
  const problems: Problem[] = [];
  for (const script of ['start', 'test']) {
    const command = scripts[script]?.trim() ?? '';
    if (command === '') problems.push(problem(`has no script "${script}"`));
    else if (/no test specified|^(?:exit|true|false|:|echo)\b/.test(command))
      problems.push(problem(`the script "${script}" does nothing`, at(script)));
  }
  for (const script of ON_INSTALL) {
    if (script in scripts) {
      const message = `the script "${script}" would run on the machine of whoever installs this: leave it out`;
      problems.push(problem(message, at(script)));
    }
  }
  const isBuilt = 'build' in scripts;
  for (const [script, command] of Object.entries(scripts)) {
    for (const path of pathsIn(command)) {
      if (!files.has(path) && !isBuilt)
        problems.push(problem(`the script "${script}" names ${path}, which does not exist`, at(script)));
    }
  }
  if (main !== undefined && !files.has(withoutDot(main)) && !isBuilt)
    problems.push(problem(`"main" names ${main}, which does not exist`, at('main')));
  return { manifest: parsed.data, problems };
}

/** The source files that a command names; not those that it only describes, as `test/*.test.js`. */
const pathsIn = (command: string): string[] =>
  command
    .split(/[\s;&|"']+/)
    .filter((word) => /^[\w./-]+\.[cm]?[jt]s$/.test(word) && !word.includes('node_modules/'))
    .map(withoutDot);

const withoutDot = (path: string): string => path.replace(/^\.\//, '');
