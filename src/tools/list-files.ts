import { z } from 'zod';
import { folderPath, isWithin } from './inputs.ts';
import { cutLines } from './output.ts';
import { defineTool, failure } from './tool.ts';

export const listFiles = defineTool({
  name: 'list_files',
  description: 'Lists the paths of all files, or of those in one folder, uncommitted edits included.',
  effect: 'pure',
  trust: { readsPrivate: 'repository', readsUntrusted: false, egress: false },
  input: z.strictObject({ path: folderPath.optional() }),
  subject: ({ path }) => path,

  async run({ workspace }, { path: folder = '' }) {
    const paths = (await workspace.paths()).filter((path) => isWithin(path, folder));
    if (paths.length > 0) {
      return { output: cutLines(paths, () => 'Give the path of a folder to see fewer.') };
    }
    return folder === ''
      ? { output: 'There are no files yet.' }
      : failure(`There are no files in ${folder}.`);
  },
});
