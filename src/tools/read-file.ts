import { z } from 'zod';
import { type FileContent, MAX_FILE_BYTES } from '../workspace/workspace.ts';
import { filePath } from './inputs.ts';
import { cutLines } from './output.ts';
import { defineTool, failure } from './tool.ts';

const lineNumber = z.int().min(1);

export const readFile = defineTool({
  name: 'read_file',
  description:
    'Reads a text file, uncommitted edits included. Each line comes with its number and a tab in front, which are not part of the file.',
  effect: 'pure',
  trust: { readsPrivate: 'repository', readsUntrusted: false, egress: false },
  input: z.strictObject({
    path: filePath,
    startLine: lineNumber.optional().describe('First line to read, from 1'),
    endLine: lineNumber.optional().describe('Last line to read, included'),
  }),
  subject: ({ path }) => path,

  async run({ workspace }, { path, startLine = 1, endLine }) {
    const content = await workspace.read(path);
    if (content.kind !== 'text') return failure(explainUnreadable(path, content));
    if (content.text === '') return { output: `${path} is empty.` };
    const lines = linesOf(content.text);
    if (startLine > lines.length) return failure(`${path} ends at line ${lines.length}.`);
    const last = Math.min(endLine ?? lines.length, lines.length);
    if (last < startLine) return failure(`endLine ${last} comes before startLine ${startLine}.`);
    const numbered = lines.slice(startLine - 1, last).map((line, index) => `${startLine + index}\t${line}`);
    return { output: cutLines(numbered, (shown) => `Read on with startLine ${startLine + shown}.`) };
  },
});

/** Why a file has no text to work with, for the model. */
export function explainUnreadable(path: string, content: Exclude<FileContent, { kind: 'text' }>): string {
  if (content.kind === 'missing') return `There is no file ${path}. list_files shows what there is.`;
  switch (content.reason) {
    case 'binary':
      return `${path} is a binary file (not UTF-8 text) and cannot be read or edited here.`;
    case 'tooLarge':
      return `${path} is larger than ${MAX_FILE_BYTES} bytes and cannot be read or edited here.`;
    case 'submodule':
      return `${path} is a submodule: its files belong to another repository.`;
  }
}

/** A newline at the end closes the last line and begins no other. */
function linesOf(text: string): string[] {
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}
