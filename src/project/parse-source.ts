import { type ParseResult, type ParserPlugin, parse } from '@babel/parser';
import type { Problem } from './problem.ts';

/** A source file that could be parsed. */
export interface Source {
  path: string;
  tree: ParseResult;
}

const SOURCE = /\.[cm]?[jt]sx?$/;
const TYPED = /\.[cm]?tsx?$/;
const LONGEST_SOURCE = 200_000;

export const isSource = (path: string): boolean => SOURCE.test(path) && !path.endsWith('.d.ts');

/** Parses a source file of JavaScript or TypeScript; what is wrong with its syntax otherwise. Never throws. */
export function parseSource(path: string, text: string): Source | Problem {
  if (text.length > LONGEST_SOURCE) {
    return { path, line: null, message: `has ${text.length} characters, too many to be checked: split it` };
  }
  const plugins: ParserPlugin[] = TYPED.test(path) ? ['typescript'] : [];
  if (/x$/.test(path) || path.endsWith('.js')) plugins.push('jsx');
  const sourceType = path.endsWith('.cjs') || path.endsWith('.cts') ? 'commonjs' : 'unambiguous';
  try {
    return { path, tree: parse(text, { plugins, sourceType, attachComment: false }) };
  } catch (error) {
    return { path, ...whatIsWrong(error) };
  }
}

function whatIsWrong(error: unknown): Omit<Problem, 'path'> {
  if (error instanceof SyntaxError && 'loc' in error) {
    const { loc } = error;
    const line = loc instanceof Object && 'line' in loc && typeof loc.line === 'number' ? loc.line : null;
    return { line, message: error.message.replace(/ \(\d+:\d+\)$/, '') };
  }
  // A stack that is too small for it is the only other way to fail.
  return { line: null, message: 'nests too deeply to be parsed' };
}
