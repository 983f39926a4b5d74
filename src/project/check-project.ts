import { checkImports } from './check-imports.ts';
import { readManifest } from './manifest.ts';
import { isSource, parseSource, type Source } from './parse-source.ts';
import { findPlaceholders } from './placeholders.ts';
import { type Files, lineAt, type Problem } from './problem.ts';

const MOST_SOURCES = 400;
const MOST_CHARACTERS = 2_000_000;
const MOST_TOLD = 40;

/**
 * What is wrong with a backend for Node, in the order of its files: syntax, imports, placeholders, `package.json`, and what has to be there.
 * Looks at text only and runs nothing. Never throws, whatever the files are.
 */
export function checkProject(files: Files): Problem[] {
  const paths = Array.from(files.keys()).sort();
  const sourcePaths = paths.filter(isSource);
  const characters = sourcePaths.reduce((sum, path) => sum + (files.get(path)?.length ?? 0), 0);
  if (sourcePaths.length > MOST_SOURCES || characters > MOST_CHARACTERS) {
    const most = `${MOST_SOURCES} source files and ${MOST_CHARACTERS} characters`;
    return [{ path: '.', line: null, message: `has more than ${most}, too much to be checked` }];
  }
  const { manifest, problems } = readManifest(files);
  const sources: Source[] = [];
  for (const path of sourcePaths) {
    const parsed = parseSource(path, files.get(path) ?? '');
    if ('tree' in parsed) sources.push(parsed);
    else problems.push(parsed);
  }
  for (const path of paths)
    if (path.endsWith('.json')) problems.push(...checkJson(path, files.get(path) ?? ''));
  problems.push(...sources.flatMap(findPlaceholders), ...checkImports(files, sources, manifest));
  problems.push(...whatIsNotThere(paths));
  return problems.sort((one, other) => compare(one.path, other.path) || (one.line ?? 0) - (other.line ?? 0));
}

const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

function checkJson(path: string, text: string): Problem[] {
  // Its readers let it have comments.
  if (/(?:^|\/)[tj]sconfig[^/]*\.json$|^\.vscode\//.test(path)) return [];
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    const offset = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
    const line = offset === undefined ? null : lineAt(text, Number(offset));
    return [{ path, line, message: 'is not valid JSON' }];
  }
}

function whatIsNotThere(paths: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const isThere = (pattern: RegExp) => paths.some((path) => pattern.test(path));
  const missing = (path: string, message: string) => problems.push({ path, line: null, message });
  if (!isThere(/(?:^|\/)(?:tests?|__tests__)\/.*\.[cm]?[jt]s$|\.(?:test|spec)\.[cm]?[jt]s$/))
    missing('test', 'there are no tests');
  if (!isThere(/^readme(?:\.md)?$/i)) missing('README.md', 'is missing: say what this is and how to run it');
  return problems;
}

/** The problems as a model and people read them. */
export function describeProblems(problems: readonly Problem[]): string {
  const lines = problems
    .slice(0, MOST_TOLD)
    .map(({ path, line, message }) => `${path}${line === null ? '' : `:${line}`} ${message}`);
  const more = problems.length - lines.length;
  const count = problems.length === 1 ? 'There is 1 problem' : `There are ${problems.length} problems`;
  return [`${count}:`, ...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}
