import { z } from 'zod';
import { defineTool } from './tool.ts';

export const checkProject = defineTool({
  name: 'check_project',
  description:
    'Checks the backend for Node in the workspace without running it: parses every source and package file, resolves imports among the files and against ' +
    'package.json, and looks for placeholders and for what has to be there. Tells every problem with its file and line.',
  effect: 'pure',
  onlyByName: true,
  trust: { readsPrivate: true, readsUntrusted: false, egress: false },
  input: z.strictObject({}),

  async run({ workspace }) {
    const { checkProject: check, describeProblems } = await import('../project/check-project.ts');
    const files = await workspace.search();
    const problems = check(files);
    const result = { files: files.size, problems: problems.length };
    return problems.length === 0
      ? { output: `All ${files.size} files are in order.`, result }
      : { output: describeProblems(problems), result };
  },
});
