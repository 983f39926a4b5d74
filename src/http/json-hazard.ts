const MAX_DEPTH = 32;
/** Keys and items of lists, in the whole body. */
const MAX_VALUES = 20_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSING = new Set([0x5d, 0x7d]);
const NUL_ESCAPE = [0x75, 0x30, 0x30, 0x30, 0x30];

/** An object or list that is open: the keys it has so far; null for a list. */
type Open = Set<string> | null;

/**
 * Looks over JSON text, in one pass and before it is parsed, for what is harmless to a parser and harmful behind it.
 * Bytes of UTF-8 beyond ASCII are never mistaken for syntax: all of theirs are above 0x7f.
 *
 * @returns a sentence for the caller, or null when there is nothing to say (the text may still be no JSON)
 */
export function jsonHazard(text: Uint8Array): string | null {
  const open: Open[] = [];
  let values = 0;
  /** The text that ended last, quotes included: a colon makes a key of it. */
  let begin = 0;
  let end = 0;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at];
    if (byte === QUOTE) {
      begin = at;
      end = endOfText(text, at);
      if (end === -1) return 'The body contains a NUL character.';
      at = end - 1;
    } else if (byte === COLON) {
      const problem = badKey(open.at(-1), text.subarray(begin, end));
      if (problem !== null) return problem;
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      open.push(byte === OPEN_OBJECT ? new Set() : null);
      if (open.length > MAX_DEPTH) return `The body is nested more than ${MAX_DEPTH} levels deep.`;
    } else if (byte !== undefined && CLOSING.has(byte)) {
      open.pop();
    }
    // Each but the first of its list or object has a comma before it, and the first a bracket.
    if (byte === COMMA || byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values += 1;
      if (values > MAX_VALUES) return `The body has more than ${MAX_VALUES} keys and items.`;
    }
  }
  return null;
}

/** Where the text that begins here ends; -1 when there is a NUL in it. One without an end goes on to the end of all. */
function endOfText(text: Uint8Array, begin: number): number {
  for (let at = begin + 1; at < text.length; at += 1) {
    if (text[at] === QUOTE) return at + 1;
    if (text[at] !== BACKSLASH) continue;
    if (NUL_ESCAPE.every((expected, i) => text[at + 1 + i] === expected)) return -1;
    at += 1;
  }
  return text.length;
}

/** Of two values under one key a parser takes the last and others the first; `__proto__` is a key only to some. */
function badKey(keys: Open | undefined, quoted: Uint8Array): string | null {
  if (!keys) return null;
  const key = unquoted(quoted);
  if (key === null) return null;
  if (key === '__proto__') return 'The body has a key that is not allowed: __proto__.';
  if (keys.has(key)) return 'The body has the same key twice in one object.';
  keys.add(key);
  return null;
}

/** However it is escaped; null for what is no JSON. */
function unquoted(quoted: Uint8Array): string | null {
  try {
    return String(JSON.parse(new TextDecoder().decode(quoted)));
  } catch {
    return null;
  }
}
