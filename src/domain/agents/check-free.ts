import { findRepository } from '../../project/push-files.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { asGithubUser } from '../github-access.ts';

export const repositoryExists = (repository: string) =>
  new AppError('repositoryExists', `${repository} exists, and was not made for this job.`);

/**
 * Looks whether a repository can still be made, before anybody works for it. Who takes the name meanwhile is noticed when it is made.
 *
 * @throws {AppError} repositoryExists, githubNotLinked, githubAccessLost, githubForbidden or githubUnavailable
 */
export async function checkFree(context: Context, userId: string, repository: string): Promise<void> {
  const found = await asGithubUser(context, userId, (github) => findRepository(github, repository));
  if (found !== null) throw repositoryExists(found.fullName);
}
