import { z } from 'zod';
import type { Workspace } from '../workspace/workspace.ts';
import { filePath, isWithin, runsInCi } from './inputs.ts';
import { defineTool, failure } from './tool.ts';

export const writeFile = defineTool({
  name: 'write_file',
  description:
    'Creates a text file, or replaces one as a whole. To change a part of a file use edit_file. Nothing is committed yet.',
  effect: 'pure',
  trust: { readsPrivate: false, readsUntrusted: false, egress: false },
  input: z.strictObject({ path: filePath, content: z.string().describe('The whole new text of the file') }),
  subject: ({ path }) => path,
  alwaysAsks: ({ path }) => runsInCi(path),

  async run({ workspace }, { path, content }) {
    const existed = await workspace.exists(path);
    const conflict = existed ? undefined : await findConflict(workspace, path);
    if (conflict !== undefined) return failure(conflict);
    workspace.write(path, content);
    return {
      output: `${existed ? 'Replaced' : 'Created'} ${path}.`,
      events: [{ type: 'file.changed', data: { path, change: existed ? 'edited' : 'created' } }],
    };
  },
});

/** A path cannot be a file and a folder: Git would drop one for the other without a word. */
async function findConflict(workspace: Workspace, path: string): Promise<string | undefined> {
  const segments = path.split('/');
  for (let count = 1; count < segments.length; count++) {
    const parent = segments.slice(0, count).join('/');
    if (await workspace.exists(parent)) return `${parent} is a file, so it cannot hold ${path}.`;
  }
  const inside = (await workspace.paths()).find((other) => other !== path && isWithin(other, path));
  return inside === undefined
    ? undefined
    : `${path} is a folder (it holds ${inside}), so it cannot be a file.`;
}
