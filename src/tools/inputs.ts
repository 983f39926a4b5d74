import { z } from 'zod';
import { normaliseFolder, normalisePath, type PathResult } from '../workspace/paths.ts';

const checkedPath = (normalise: (input: string) => PathResult) =>
  z.string().transform((input, context) => {
    const result = normalise(input);
    if (result.ok) return result.path;
    context.addIssue({ code: 'custom', message: `the path ${result.reason}` });
    return z.NEVER;
  });

/** The path of a file, normalised. */
export const filePath = checkedPath(normalisePath).describe(
  'Path of a file, relative to the root of the repository, such as src/server.ts',
);

/** The path of a folder, normalised; "" is the root. */
export const folderPath = checkedPath(normaliseFolder).describe(
  'Path of a folder or file to stay within, relative to the root of the repository. Everything when left out.',
);

/** Whether a path is the folder itself or below it. */
export function isWithin(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

/** Whether a file decides what the repository's own machines run: changing it asks the user, always. */
export const runsInCi = (path: string): boolean => isWithin(path.toLowerCase(), '.github/workflows');

/** An issue or pull request, which share one sequence of numbers. */
export const issueNumber = z.int().min(1).describe('Number of the issue or pull request');
