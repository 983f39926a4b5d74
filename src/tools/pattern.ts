/** A compiled pattern, or why it is refused, phrased to follow "the pattern". */
export type PatternResult = { ok: true; pattern: RegExp } | { ok: false; reason: string };

const MAX_PATTERN_LENGTH = 500;

/** Each may multiply the work by the length of a line, so this bounds the degree of a polynomial, and no more. */
const MAX_OPEN_REPEATS = 6;

/** A repeat of up to so many times counts as closed. */
const MAX_CLOSED_COUNT = 10;

/** How often a group with a choice inside may be repeated. */
const MAX_CHOICE_COUNT = 4;

/**
 * Compiles a regular expression that a backtracking engine can be trusted with. Nothing can stop one that runs away, so
 * the shapes whose work grows exponentially with the text are refused: a repeated group that holds a repeat or a choice,
 * and back-references.
 */
export function compilePattern(source: string): PatternResult {
  if (source === '') return { ok: false, reason: 'is empty' };
  if (source.length > MAX_PATTERN_LENGTH) {
    return { ok: false, reason: `is longer than ${MAX_PATTERN_LENGTH} characters` };
  }
  try {
    const pattern = new RegExp(source);
    const reason = dangerOf(source);
    return reason === undefined ? { ok: true, pattern } : { ok: false, reason };
  } catch (error) {
    return { ok: false, reason: `is no regular expression: ${error instanceof Error ? error.message : ''}` };
  }
}

/** What a group holds that makes repeating it costly: ways to choose, or repeats without a (small) end. */
interface Holds {
  choice: boolean;
  openRepeat: boolean;
}

const nothing: Holds = { choice: false, openRepeat: false };

/** Walks a pattern that compiles. Escapes and classes are single atoms; a group carries up what it holds. */
function dangerOf(source: string): string | undefined {
  const outer: Holds[] = [];
  let group = { ...nothing };
  let atom = nothing;
  let openRepeats = 0;
  for (const [token] of source.matchAll(tokenPattern)) {
    if (/^\\(?:[1-9]|k<)/.test(token)) return 'has a back-reference, which this search does not offer';
    const most = mostRepeats(token);
    if (token.startsWith('(')) {
      outer.push(group);
      group = { ...nothing };
    } else if (token === ')') {
      atom = group;
      const around = outer.pop() ?? { ...nothing };
      group = {
        choice: around.choice || atom.choice,
        openRepeat: around.openRepeat || atom.openRepeat,
      };
      continue;
    } else if (token === '|') {
      group.choice = true;
    } else if (most !== undefined) {
      const costly = (atom.openRepeat && most > 1) || (atom.choice && most > MAX_CHOICE_COUNT);
      if (costly)
        return `repeats a group that holds a repeat or a choice ("${token}"), which can take for ever`;
      if (most > MAX_CLOSED_COUNT) openRepeats++;
      group.openRepeat ||= most > MAX_CLOSED_COUNT;
      group.choice = true;
    }
    atom = nothing;
  }
  return openRepeats > MAX_OPEN_REPEATS
    ? `has more than ${MAX_OPEN_REPEATS} open repeats (such as "*" and "+")`
    : undefined;
}

const tokenPattern =
  /\\k<|\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?(?:[:=!]|<[=!]|<\w+>)|(?:[*+?]|\{\d+(?:,\d*)?\})\??|[\s\S]/g;

/** How often a quantifier repeats at most; undefined for a token that is none. */
function mostRepeats(token: string): number | undefined {
  if (/^[*+]/.test(token)) return Number.POSITIVE_INFINITY;
  if (token.startsWith('?')) return 1;
  const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}/.exec(token) ?? [];
  if (least === undefined) return undefined;
  if (comma === '') return Number(least);
  return most === undefined || most === '' ? Number.POSITIVE_INFINITY : Number(most);
}
