import { z } from 'zod';
import { folderPath, isWithin } from './inputs.ts';
import { cutLines } from './output.ts';
import { compilePattern } from './pattern.ts';
import { defineTool, failure, type ToolContext } from './tool.ts';

/** Only the beginning of longer lines is searched: they are generated code, and a pattern's work grows with the line. */
const MAX_SEARCHED_LENGTH = 1000;

/** More matches say the pattern is too wide. */
const MAX_MATCHES = 500;

/** After so many UTF-16 units of text other work gets its turn, such as the heartbeat of the lease. */
const TURN_LENGTH = 1_000_000;

export const searchCode = defineTool({
  name: 'search_code',
  description:
    'Searches all text files line by line with a JavaScript regular expression, uncommitted edits included. Shows "path:line: text".',
  effect: 'pure',
  trust: { readsPrivate: true, readsUntrusted: false, egress: false },
  input: z.strictObject({
    pattern: z
      .string()
      .describe('JavaScript regular expression, case-sensitive, matched against single lines'),
    path: folderPath.optional(),
  }),
  subject: ({ pattern }) => pattern,

  async run(context, { pattern, path: folder = '' }) {
    const compiled = compilePattern(pattern);
    if (!compiled.ok) return failure(`The pattern ${compiled.reason}.`);
    const matches = await findMatches(context, compiled.pattern, folder);
    if (matches.length === 0) return { output: 'Nothing matches.' };
    const output = cutLines(matches.slice(0, MAX_MATCHES), () => narrow);
    return {
      output:
        matches.length > MAX_MATCHES ? `${output}\n[More than ${MAX_MATCHES} matches. ${narrow}]` : output,
    };
  },
});

const narrow = 'Give a narrower pattern or a path.';

/** At most one match more than is shown, so that the caller knows there are more. */
async function findMatches(
  { workspace, signal }: ToolContext,
  pattern: RegExp,
  folder: string,
): Promise<string[]> {
  const matches: string[] = [];
  const files = await workspace.search();
  let searched = 0;
  for (const path of [...files.keys()].filter((path) => isWithin(path, folder)).sort()) {
    const text = files.get(path) ?? '';
    searched += text.length;
    if (searched > TURN_LENGTH) {
      searched = 0;
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
    }
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (!pattern.test(line.slice(0, MAX_SEARCHED_LENGTH))) continue;
      matches.push(`${path}:${index + 1}: ${line}`);
      if (matches.length > MAX_MATCHES) return matches;
    }
  }
  return matches;
}
