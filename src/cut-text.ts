/** The beginning of a text, of at most so many UTF-16 units; never half a character. */
export const cutText = (text: string, length: number): string =>
  text.length <= length ? text : text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
