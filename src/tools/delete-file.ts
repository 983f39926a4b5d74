import { z } from 'zod';
import { filePath, runsInCi } from './inputs.ts';
import { explainUnreadable } from './read-file.ts';
import { defineTool, failure } from './tool.ts';

export const deleteFile = defineTool({
  name: 'delete_file',
  description: 'Deletes a file. Nothing is committed yet.',
  effect: 'pure',
  trust: { readsPrivate: false, readsUntrusted: false, egress: false },
  input: z.strictObject({ path: filePath }),
  subject: ({ path }) => path,
  alwaysAsks: ({ path }) => runsInCi(path),

  async run({ workspace }, { path }) {
    if (!(await workspace.exists(path))) return failure(explainUnreadable(path, { kind: 'missing' }));
    workspace.remove(path);
    return {
      output: `Deleted ${path}.`,
      events: [{ type: 'file.changed', data: { path, change: 'deleted' } }],
    };
  },
});
