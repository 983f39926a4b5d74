import type { ScriptedCall } from './turn.ts';

/**
 * An `edit_file` call that puts lines after a line of a file. The old text is as short as it can be while it occurs
 * once in the file.
 *
 * @param at index of the line after which the new ones come
 */
export function insertAfter(path: string, content: string, at: number, lines: string[]): ScriptedCall {
  const all = content.split('\n');
  let from = at;
  while (from > 0 && occurrences(content, all.slice(from, at + 1).join('\n')) !== 1) from -= 1;
  const oldText = all.slice(from, at + 1).join('\n');
  return { name: 'edit_file', input: { path, oldText, newText: [oldText, ...lines].join('\n') } };
}

function occurrences(content: string, text: string): number {
  return text === '' ? 0 : content.split(text).length - 1;
}

/** Index of the last line that satisfies a pattern, or -1. */
export function lastLine(content: string, pattern: RegExp): number {
  return content.split('\n').findLastIndex((line) => pattern.test(line));
}

/** Index of the first line at or after another that satisfies a pattern, or -1. */
export function lineFrom(content: string, from: number, pattern: RegExp): number {
  return content.split('\n').findIndex((line, index) => index >= from && pattern.test(line));
}
