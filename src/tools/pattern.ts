import { RE2JS, RE2JSException } from 're2js';

/** A pattern that is searched in linear time, with its price. */
export interface Pattern {
  /** Whether it matches somewhere in the text. */
  test(text: string): boolean;
  /** The most steps it may take for each UTF-16 unit of text. A step takes some nanoseconds. */
  stepsPerUnit: number;
}

/** A compiled pattern, or why it is refused, phrased to follow "the pattern". */
export type PatternResult = { ok: true; pattern: Pattern } | { ok: false; reason: string };

export const MAX_PATTERN_LENGTH = 500;

/** Instructions of the compiled program: counted repeats are written out, so a short pattern can make thousands. */
const MAX_PROGRAM_SIZE = 600;

/** Unicode classes are looked up in long tables. Measured: about so many times as long as other steps. */
const UNICODE_CLASS_STEPS = 10;

/** An escape, as a pair, so that the second half of "\\\\" begins none. */
const escapePattern = /\\[\s\S]/g;

/**
 * Compiles a regular expression for an engine that does not backtrack: its work is at most the length of the text times
 * the size of the program, whatever the pattern. Such an engine has no look-arounds and no back-references.
 */
export function compilePattern(source: string): PatternResult {
  if (source === '') return { ok: false, reason: 'is empty' };
  if (source.length > MAX_PATTERN_LENGTH) {
    return { ok: false, reason: `is longer than ${MAX_PATTERN_LENGTH} characters` };
  }
  const escapes = source.match(escapePattern) ?? [];
  if (escapes.some((pair) => /^\\[1-9k]/.test(pair))) {
    return {
      ok: false,
      reason:
        'has a back-reference, which this search does not offer: search for the parts, then read the lines',
    };
  }
  return compile(source, escapes.some((pair) => /^\\p/i.test(pair)) ? UNICODE_CLASS_STEPS : 1);
}

function compile(source: string, stepsPerInstruction: number): PatternResult {
  try {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(source));
    const size = compiled.programSize();
    if (size > MAX_PROGRAM_SIZE) {
      return {
        ok: false,
        reason: 'is too large once its counted repeats are written out: use smaller counts, or "*" and "+"',
      };
    }
    const pattern = { test: (text: string) => compiled.test(text), stepsPerUnit: size * stepsPerInstruction };
    return { ok: true, pattern };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    // Asked only now, because "[(?=]" is a class like any other.
    if (/\(\?<?[=!]/.test(source)) {
      return {
        ok: false,
        reason:
          'has a look-around, which this search does not offer: match the text around as well, or search wider',
      };
    }
    return { ok: false, reason: `is no regular expression: ${error.message}` };
  }
}
