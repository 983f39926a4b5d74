/** Text in the middle of being written: the column the cursor is in, and the word that may still grow. */
export interface Flow {
  column: number;
  word: string;
}

export const START_OF_LINE: Flow = { column: 0, word: '' };

/**
 * Breaks streamed text into lines at words, each behind an indent. A word is held back until it ends, because nobody knows
 * yet whether it fits.
 *
 * @returns what to write now, and where that leaves the cursor
 */
export function flow(
  from: Flow,
  text: string,
  { width, indent }: { width: number; indent: string },
): [string, Flow] {
  let out = '';
  let { column, word } = from;
  const put = (piece: string) => {
    if (piece === '') return;
    if (column === 0) {
      out += indent;
      column = indent.length;
    }
    out += piece;
    column += piece.length;
  };
  const endWord = () => {
    if (column > indent.length && column + word.length > width) {
      out = `${out.replace(/ +$/, '')}\n`;
      column = 0;
    }
    put(word);
    word = '';
  };
  for (const character of text) {
    if (character === '\n') {
      endWord();
      out += '\n';
      column = 0;
    } else if (character === ' ') {
      endWord();
      if (column > 0 && column < width) put(' ');
    } else word += character;
  }
  return [out, { column, word }];
}

/** Writes the word that was held back and ends the line. */
export function endFlow(from: Flow, options: { width: number; indent: string }): string {
  const [out, { column }] = flow(from, from.word === '' && from.column === 0 ? '' : '\n', options);
  return column === 0 ? out : `${out}\n`;
}
