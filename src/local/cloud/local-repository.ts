import { execFile } from 'node:child_process';
import { basename, resolve } from 'node:path';
import { promisify } from 'node:util';
import { LocalCloudError } from './local-cloud-error.ts';

const run = promisify(execFile);

/** A Git repository on this machine that can be copied to the local GitHub. */
export interface LocalRepository {
  /** Absolute. */
  path: string;
  /** What it will be called there, in characters GitHub allows. */
  name: string;
}

/**
 * Looks at paths given by a person.
 *
 * @throws {LocalCloudError} for the first that cannot be copied, and for two that would have one name
 */
export async function findLocalRepositories(given: string[]): Promise<LocalRepository[]> {
  const found: LocalRepository[] = [];
  for (const path of given) {
    const repository = await findLocalRepository(path);
    const namesake = found.find(({ name }) => name === repository.name);
    if (namesake) {
      throw new LocalCloudError(
        `${namesake.path} and ${repository.path} would both be demo/${repository.name}.`,
      );
    }
    found.push(repository);
  }
  return found;
}

/**
 * Looks at one path.
 *
 * @throws {LocalCloudError} when it is not the root of a repository with a branch that has commits
 */
async function findLocalRepository(given: string): Promise<LocalRepository> {
  const path = resolve(given);
  const root = await git(path, 'rev-parse', '--show-cdup').catch((error: NodeJS.ErrnoException) => {
    // ENOENT is the path as well as the program.
    throw new LocalCloudError(
      error.code === 'ENOENT'
        ? `${path} is not there, or the program git is not installed.`
        : `${path} is not a Git repository.`,
    );
  });
  if (root !== '')
    throw new LocalCloudError(`${path} is inside a Git repository. Its root is ${resolve(path, root)}.`);
  await git(path, 'symbolic-ref', '--quiet', 'HEAD').catch(() => {
    throw new LocalCloudError(`${path} is not on a branch. Check one out first.`);
  });
  await git(path, 'rev-parse', '--verify', '--quiet', 'HEAD').catch(() => {
    throw new LocalCloudError(`${path} has no commits yet.`);
  });
  const name = basename(path)
    .replace(/\.git$/, '')
    .replace(/[^\w.-]+/g, '-');
  return { path, name };
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd });
  return stdout.trim();
}
