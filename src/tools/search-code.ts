import { z } from 'zod';
import { folderPath, isWithin } from './inputs.ts';
import { cutLines } from './output.ts';
import { compilePattern, MAX_PATTERN_LENGTH, type Pattern } from './pattern.ts';
import { defineTool, failure, type ToolContext } from './tool.ts';

/** Only the beginning of longer lines is searched: they are generated code, and a pattern's work grows with the line. */
const MAX_SEARCHED_LENGTH = 1000;

/** More matches say the pattern is too wide. */
const MAX_MATCHES = 500;

/** After so many steps other work gets its turn, such as the heartbeat of the lease. */
const TURN_STEPS = 10_000_000;

/** A search ends here: some ten megabytes for a pattern of a hundred instructions. Most steps are never taken. */
const MAX_STEPS = 1_000_000_000;

export const searchCode = defineTool({
  name: 'search_code',
  description:
    'Searches all text files line by line with a regular expression, uncommitted edits included. Shows "path:line: text".',
  effect: 'pure',
  trust: { readsPrivate: 'repository', readsUntrusted: false, egress: false },
  input: z.strictObject({
    pattern: z
      .string()
      .max(MAX_PATTERN_LENGTH)
      .describe(
        'Regular expression in RE2 syntax, without look-arounds and back-references, case-sensitive, matched against single lines',
      ),
    path: folderPath.optional(),
  }),
  subject: ({ pattern }) => pattern,

  async run(context, { pattern, path: folder = '' }) {
    const compiled = compilePattern(pattern);
    if (!compiled.ok) return failure(`The pattern ${compiled.reason}.`);
    const { matches, complete } = await findMatches(context, compiled.pattern, folder);
    if (matches.length === 0)
      return { output: complete ? 'Nothing matches.' : `Nothing matches so far. ${stopped}` };
    const output = cutLines(matches.slice(0, MAX_MATCHES), () => narrow);
    if (matches.length > MAX_MATCHES) {
      return { output: `${output}\n[More than ${MAX_MATCHES} matches. ${narrow}]` };
    }
    return { output: complete ? output : `${output}\n${stopped}` };
  },
});

const narrow = 'Give a narrower pattern or a path.';
const stopped = '[Not all files were searched: too much work. Give a simpler pattern or a path.]';

interface Found {
  /** At most one more than is shown, so that the caller knows there are more. */
  matches: string[];
  /** False when the search ran out of steps. */
  complete: boolean;
}

async function findMatches(
  { workspace, signal }: ToolContext,
  pattern: Pattern,
  folder: string,
): Promise<Found> {
  const matches: string[] = [];
  const files = await workspace.search();
  let steps = 0;
  let turnEnds = TURN_STEPS;
  for (const path of [...files.keys()].filter((path) => isWithin(path, folder)).sort()) {
    for (const [index, line] of (files.get(path) ?? '').split(/\r?\n/).entries()) {
      const searched = line.slice(0, MAX_SEARCHED_LENGTH);
      steps += (searched.length + 1) * pattern.stepsPerUnit;
      if (steps > MAX_STEPS) return { matches, complete: false };
      if (steps > turnEnds) {
        turnEnds = steps + TURN_STEPS;
        await new Promise((resolve) => setTimeout(resolve));
        signal.throwIfAborted();
      }
      if (!pattern.test(searched)) continue;
      matches.push(`${path}:${index + 1}: ${line}`);
      if (matches.length > MAX_MATCHES) return { matches, complete: true };
    }
  }
  return { matches, complete: true };
}
