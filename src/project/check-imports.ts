import { type Exports, exportsOf } from './exports.ts';
import { type Import, importsOf } from './imports.ts';
import type { Manifest } from './manifest.ts';
import { isBuiltIn } from './node-modules.ts';
import type { Source } from './parse-source.ts';
import type { Files, Problem } from './problem.ts';
import { packageOf, type Runtime, resolveRelative } from './resolve.ts';

/** Packages by which a project's sources are not run as they are written. */
const TRANSLATORS = [
  'tsx',
  'ts-node',
  'typescript',
  'esbuild',
  'tsup',
  'vite',
  'vitest',
  'rollup',
  'webpack',
  'jest',
];

/** Imports of files that are not there, of names that these do not give, and of packages that nobody installs. */
export function checkImports(files: Files, sources: readonly Source[], manifest: Manifest | null): Problem[] {
  const isTranslated =
    manifest !== null &&
    TRANSLATORS.some((name) => name in manifest.dependencies || name in manifest.devDependencies);
  const exports = new Map(sources.map((source) => [source.path, exportsOf(source)]));
  return sources.flatMap((source) =>
    importsOf(source).flatMap((taken): Problem[] => {
      const { from, line, isRequired } = taken;
      const runtime = { guessesEndings: isRequired || isTranslated, isCompiled: isTranslated };
      const message =
        /^\.{0,2}\//.test(from) || from === '.' || from === '..'
          ? wrongFile(files, exports, source.path, taken, runtime)
          : wrongPackage(manifest, source.path, taken);
      return message === null ? [] : [{ path: source.path, line, message }];
    }),
  );
}

type AllExports = ReadonlyMap<string, Exports | null>;

function wrongFile(
  files: Files,
  exports: AllExports,
  importer: string,
  { from, names, isRequired }: Import,
  runtime: Runtime,
): string | null {
  if (from.startsWith('/')) return `imports ${from}: import files of the project by a relative path`;
  const path = resolveRelative(files, importer, from, runtime);
  if (path === null) {
    const kind = { guessesEndings: true, isCompiled: true };
    const meant = resolveRelative(files, importer, from, kind);
    return meant === null
      ? `imports ${from}, which does not exist`
      : `imports ${from}: Node wants the file's whole name, which is ${meant}`;
  }
  if (names === null || isRequired) return null;
  const given = allNames(exports, path, runtime, files);
  const missing = given === null ? [] : names.filter((name) => !given.has(name));
  return missing.length === 0
    ? null
    : `imports ${missing.join(', ')} from ${from}, which does not export that`;
}

/** Everything a module exports, through the files it passes on; null when it cannot be told. */
function allNames(exports: AllExports, path: string, runtime: Runtime, files: Files): Set<string> | null {
  const names = new Set<string>();
  const open = [path];
  const seen = new Set<string>();
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const given = exports.get(at);
    if (!given) return null;
    for (const name of given.names) names.add(name);
    for (const from of given.all) {
      const next = from.startsWith('.') ? resolveRelative(files, at, from, runtime) : null;
      if (next === null) return null;
      open.push(next);
    }
  }
  return names;
}

function wrongPackage(manifest: Manifest | null, importer: string, { from, isType }: Import): string | null {
  if (isBuiltIn(from)) return null;
  if (from.startsWith('node:')) return `imports ${from}, which Node does not have`;
  if (/^[a-z]+:/.test(from)) return `imports ${from}: only files of the project and packages can be imported`;
  if (manifest === null) return null;
  if (from.startsWith('#')) {
    const isKnown = Object.keys(manifest.imports).some((key) => key === from || isPattern(key, from));
    return isKnown ? null : `imports ${from}, which is not among "imports" of package.json`;
  }
  const name = packageOf(from);
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = manifest;
  if (name === manifest.name) return null;
  if (name in dependencies || name in peerDependencies || name in optionalDependencies) return null;
  if (!(name in devDependencies))
    return `imports ${name}, which is not among the dependencies in package.json`;
  return isType || isForDevelopment(importer)
    ? null
    : `imports ${name}, which is among devDependencies only: it is not there in production`;
}

const isPattern = (key: string, from: string): boolean =>
  key.endsWith('*') && from.startsWith(key.slice(0, -1));

/** Tests, and what configures tools. */
const isForDevelopment = (path: string): boolean =>
  /(?:^|\/)(?:tests?|__tests__|spec|scripts)\/|\.(?:test|spec)\.[cm]?[jt]sx?$|\.config\.[cm]?[jt]s$/.test(
    path,
  );
