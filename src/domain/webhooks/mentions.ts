/** The mark that every comment of an agent ends with (`src/tools/trailer.ts`). */
const OWN = /<!-- Cadence-Tool-Call: \S+ -->/;

/** What somebody says themselves: no quotes, no code. */
const ownWords = (markdown: string): string =>
  markdown
    .replaceAll('\r\n', '\n')
    .replaceAll(/^ {0,3}(```|~~~)[^\n]*\n[\s\S]*?(?:^ {0,3}\1[^\n]*$|$(?![\s\S]))/gm, '')
    .replaceAll(/^ {0,3}>.*$/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');

/** Whether an agent wrote it. Who quotes an agent did not. */
export const isOfAgent = (markdown: string): boolean => OWN.test(ownWords(markdown));

/** Whether a comment calls somebody by a word such as `@cadence`; `@cadence-bot` is somebody else. */
export function isMentioned(word: string, markdown: string): boolean {
  const escaped = word.replaceAll(/[^\w]/g, '\\$&');
  return new RegExp(`(?<![\\w/@.-])${escaped}(?![\\w/-])`, 'i').test(ownWords(markdown));
}
