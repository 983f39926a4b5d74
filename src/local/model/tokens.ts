const CHARS_PER_TOKEN = 4;

/** An estimate of the tokens of a text: real tokenizers come to about four characters each in English and code. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** The beginning of a text that fits a number of tokens. It never ends within a surrogate pair. */
export function cutToTokens(text: string, tokens: number): string {
  const cut = text.slice(0, tokens * CHARS_PER_TOKEN);
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}
