import type { Files } from './problem.ts';

const ENDINGS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json'];

/** What TypeScript lets stand for what: `./store.js` is `./store.ts` where something compiles it. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

/** Whether Node itself runs the sources, which wants every ending written out, or something that is kinder. */
export interface Runtime {
  guessesEndings: boolean;
  /** A compiler puts `.js` files where the `.ts` files are. */
  isCompiled: boolean;
}

/** The path that a relative import means: a file that exists, or null. */
export function resolveRelative(
  files: Files,
  importer: string,
  from: string,
  runtime: Runtime,
): string | null {
  const wanted = join(importer, from.replace(/[?#].*$/, ''));
  if (wanted === null) return null;
  const candidates = [wanted];
  if (runtime.isCompiled) {
    for (const [ending, others] of Object.entries(WRITTEN_AS)) {
      if (wanted.endsWith(ending))
        candidates.push(...others.map((other) => wanted.slice(0, -ending.length) + other));
    }
  }
  if (runtime.guessesEndings) {
    candidates.push(...ENDINGS.map((ending) => wanted + ending));
    candidates.push(...ENDINGS.map((ending) => [wanted, `index${ending}`].filter(Boolean).join('/')));
  }
  return candidates.find((path) => files.has(path)) ?? null;
}

/** A path relative to a file, from the project's root; null outside of it. */
function join(importer: string, relative: string): string | null {
  const parts = importer.split('/').slice(0, -1);
  for (const part of relative.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return null;
    } else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** The package that a bare import means: `@hono/node-server/serve` is of `@hono/node-server`. */
export function packageOf(from: string): string {
  const [first = '', second] = from.split('/');
  return first.startsWith('@') && second !== undefined ? `${first}/${second}` : first;
}
