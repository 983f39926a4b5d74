/** Something that is wrong with a project. `line` counts from 1 and is null where the file as a whole is meant. */
export interface Problem {
  path: string;
  line: number | null;
  message: string;
}

/** A project's files by path. */
export type Files = ReadonlyMap<string, string>;

/** The line of a text in which an offset lies, from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
