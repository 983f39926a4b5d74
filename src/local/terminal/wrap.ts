/** Text in the middle of being written: where the cursor is, and the word that may still grow. */
export interface Flow {
  column: number;
  /** A space is due before the next word, unless a new line begins with it. */
  gap: boolean;
  word: string;
}

export interface Layout {
  /** Columns of a line. */
  width: number;
  indent: string;
}

export const START_OF_LINE: Flow = { column: 0, gap: false, word: '' };

/**
 * Breaks streamed text into lines at words, each behind an indent. A word is held back until it ends, because nobody knows
 * yet whether it fits.
 *
 * @returns what to write now, and where that leaves the cursor
 */
export function flow(from: Flow, text: string, { width, indent }: Layout): [string, Flow] {
  let out = '';
  let { column, gap, word } = from;
  const endWord = () => {
    if (word === '') return;
    if (column > 0 && column + Number(gap) + word.length > width) {
      out += '\n';
      column = 0;
    }
    const before = column === 0 ? indent : gap ? ' ' : '';
    out += before + word;
    column += before.length + word.length;
    word = '';
    gap = false;
  };
  for (const character of text) {
    if (character === '\n') {
      endWord();
      out += '\n';
      column = 0;
      gap = false;
    } else if (character === ' ') {
      endWord();
      gap = column > 0;
    } else word += character;
  }
  return [out, { column, gap, word }];
}

/** Writes the word that was held back and ends the line. */
export function endFlow(from: Flow, layout: Layout): string {
  return from.word === '' && from.column === 0 ? '' : flow(from, '\n', layout)[0];
}
