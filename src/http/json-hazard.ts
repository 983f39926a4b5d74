const MAX_DEPTH = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const NUL_ESCAPE = [0x75, 0x30, 0x30, 0x30, 0x30];

/**
 * Looks over JSON text, in one pass and before it is parsed, for what is harmless to a parser and harmful behind it.
 * Bytes of UTF-8 beyond ASCII are never mistaken for syntax: all of theirs are above 0x7f.
 *
 * @returns a sentence for the caller, or null when there is nothing to say (the text may still be no JSON)
 */
export function jsonHazard(text: Uint8Array): string | null {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] ?? 0;
    if (inString) {
      if (byte === QUOTE) inString = false;
      if (byte !== BACKSLASH) continue;
      if (NUL_ESCAPE.every((expected, i) => text[at + 1 + i] === expected)) {
        return 'The body contains a NUL character.';
      }
      at += 1;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (OPENING.has(byte)) {
      depth += 1;
      if (depth > MAX_DEPTH) return `The body is nested more than ${MAX_DEPTH} levels deep.`;
    } else if (CLOSING.has(byte)) {
      depth -= 1;
    }
  }
  return null;
}
