import type { Style } from './style.ts';

/** A unified diff for the terminal, indented, added and removed lines coloured. */
export function showDiff(diff: string, style: Style): string {
  return diff
    .trimEnd()
    .split('\n')
    .map((line) => `    ${paint(line, style)}`.trimEnd())
    .join('\n');
}

function paint(line: string, style: Style): string {
  if (/^(diff |index |--- |\+\+\+ |new file|deleted file|similarity|rename )/.test(line))
    return style.bold(line);
  if (line.startsWith('@@')) return style.notable(line);
  if (line.startsWith('+')) return style.good(line);
  if (line.startsWith('-')) return style.bad(line);
  return line;
}
