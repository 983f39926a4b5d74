import { styleText } from 'node:util';

/** What stands out in the terminal. Each gives its text as it is where colour is not wanted. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  notable(text: string): string;
}

/** Styles for a stream: only on a terminal, and not against the wish of `NO_COLOR` (https://no-color.org). */
export function styleFor(stream: { isTTY?: boolean }, env: Record<string, string | undefined>): Style {
  return createStyle(stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb');
}

export function createStyle(coloured: boolean): Style {
  const paint = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    coloured ? styleText(format, text, { validateStream: false }) : text;
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    good: paint('green'),
    bad: paint('red'),
    notable: paint('cyan'),
  };
}
