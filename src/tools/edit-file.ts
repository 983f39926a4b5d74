import { z } from 'zod';
import { filePath, runsInCi } from './inputs.ts';
import { explainUnreadable } from './read-file.ts';
import { defineTool, failure } from './tool.ts';

export const editFile = defineTool({
  name: 'edit_file',
  description:
    'Replaces one passage of a text file. oldText must occur exactly once, white space included, without the line numbers of read_file.',
  effect: 'pure',
  trust: { readsPrivate: false, readsUntrusted: false, egress: false },
  input: z.strictObject({
    path: filePath,
    oldText: z.string().min(1, 'must not be empty').describe('The passage as it stands in the file'),
    newText: z.string().describe('What takes its place'),
  }),
  subject: ({ path }) => path,
  alwaysAsks: ({ path }) => runsInCi(path),

  async run({ workspace }, { path, oldText, newText }) {
    const content = await workspace.read(path);
    if (content.kind !== 'text') return failure(explainUnreadable(path, content));
    if (oldText === newText)
      return failure('oldText and newText are the same, so there is nothing to change.');
    const edit = matchLineEnds(content.text, oldText, newText);
    const matches = countMatches(content.text, edit.oldText);
    if (matches === 0) {
      return failure(`oldText does not occur in ${path}. Read the file again and copy the passage exactly.`);
    }
    if (matches > 1) {
      return failure(`oldText occurs ${matches} times in ${path}. Add lines around it until it occurs once.`);
    }
    const at = content.text.indexOf(edit.oldText);
    const rest = content.text.slice(at + edit.oldText.length);
    workspace.write(path, content.text.slice(0, at) + edit.newText + rest);
    return {
      output: `Edited ${path}.`,
      events: [{ type: 'file.changed', data: { path, change: 'edited' } }],
    };
  },
});

/** Models write `\n`, and read_file does not show them the `\r\n` of a file that has those. */
function matchLineEnds(text: string, oldText: string, newText: string): { oldText: string; newText: string } {
  if (text.includes(oldText) || !text.includes('\r\n')) return { oldText, newText };
  const withReturns = (part: string) => part.replace(/\r?\n/g, '\r\n');
  return { oldText: withReturns(oldText), newText: withReturns(newText) };
}

/** Overlapping occurrences count too: each would be a place to edit. */
function countMatches(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) count++;
  return count;
}
