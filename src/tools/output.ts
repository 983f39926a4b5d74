import { cutText } from '../cut-text.ts';

/** The most a tool hands to the model in one result, in UTF-16 units, the note about what was cut included. */
export const MAX_OUTPUT_LENGTH = 30_000;

/** Longer lines are shortened: they are generated code, and one could fill the whole result. */
const MAX_LINE_LENGTH = 2000;

/** Left free for the note about what was cut. */
const NOTE_LENGTH = 300;

/**
 * Joins lines up to the stated size.
 *
 * @param howToSeeMore completes the note about what was left out, given the number of lines that are shown
 */
export function cutLines(lines: readonly string[], howToSeeMore: (shown: number) => string): string {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    const shortened = shortenLine(line);
    length += shortened.length + 1;
    if (length > MAX_OUTPUT_LENGTH - NOTE_LENGTH) break;
    kept.push(shortened);
  }
  if (kept.length === lines.length) return kept.join('\n');
  const left = lines.length - kept.length;
  return [...kept, `[${left} more lines left out. ${howToSeeMore(kept.length)}]`].join('\n');
}

function shortenLine(line: string): string {
  if (line.length <= MAX_LINE_LENGTH) return line;
  const shown = cutText(line, MAX_LINE_LENGTH);
  return `${shown} [${line.length - shown.length} more characters in this line]`;
}
