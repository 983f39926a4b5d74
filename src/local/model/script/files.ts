import type { Exchange } from './conversation.ts';

/** The files of a repository as far as the tool results have shown them. */
export interface KnownFiles {
  /** The paths of the last full listing; undefined before one. */
  listed: string[] | undefined;
  /** Contents by path, with the changes that succeeded applied. */
  contents: Map<string, string>;
}

/** What a listing says besides paths: how much it left out, or that there is nothing. */
const REMARK = /^(….*|\[\d+ more .*\]|There are no files yet\.)$/;

/** Folds the results of the file tools into what is known of the files, in order. */
export function knownFiles(exchanges: Exchange[]): KnownFiles {
  const files: KnownFiles = { listed: undefined, contents: new Map() };
  for (const exchange of exchanges) if (!exchange.isError) learn(files, exchange);
  return files;
}

function learn(files: KnownFiles, { name, input, output }: Exchange): void {
  const path = textAt(input, 'path');
  switch (name) {
    case 'list_files':
      if (path === '') files.listed = output.split('\n').filter((line) => line !== '' && !REMARK.test(line));
      return;
    case 'read_file':
      if (input.startLine === undefined && input.endLine === undefined) {
        files.contents.set(path, withoutNumbers(output));
      }
      return;
    case 'write_file':
      files.contents.set(path, textAt(input, 'content'));
      return;
    case 'edit_file': {
      const content = files.contents.get(path);
      const edited = content?.split(textAt(input, 'oldText')).join(textAt(input, 'newText'));
      if (edited !== undefined) files.contents.set(path, edited);
      return;
    }
    case 'delete_file':
      files.contents.delete(path);
  }
}

/** A field of a tool's input as text; empty when it is none. */
export function textAt(input: Record<string, unknown>, key: string): string {
  const value = input[key];
  return typeof value === 'string' ? value : '';
}

/** Undoes the numbering of `read_file`, which puts the line's number and a tab before each line. */
function withoutNumbers(output: string): string {
  const lines = output.split('\n').flatMap((line) => {
    const [, content] = /^\s*\d+\t(.*)$/.exec(line) ?? [];
    return content === undefined ? [] : [content];
  });
  return lines.map((line) => `${line}\n`).join('');
}
