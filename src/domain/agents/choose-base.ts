import type { GitHubClient } from '../../github/client.ts';
import { GitHubError } from '../../github/errors.ts';
import type { Context } from '../context.ts';
import { invalidField } from '../errors.ts';
import { asGithubUser } from '../github-access.ts';

/** Where an agent begins: a commit of a branch, or nothing. */
export interface Base {
  repository: string | null;
  baseBranch: string | null;
  baseSha: string | null;
  /** Whether only some may read the repository. */
  isPrivate: boolean;
}

/**
 * Looks up the head of the branch an agent is to start from, as the user: what they may not read does not exist.
 *
 * @throws {AppError} validationFailed naming `body.repository` or `body.baseBranch`, githubAccessLost, githubForbidden or
 *   githubUnavailable
 */
export async function chooseBase(
  context: Context,
  {
    userId,
    repository,
    baseBranch,
  }: { userId: string; repository: string | undefined; baseBranch: string | undefined },
): Promise<Base> {
  if (repository === undefined) {
    if (baseBranch !== undefined) throw invalidField('body.baseBranch', 'A branch needs a repository.');
    return { repository: null, baseBranch: null, baseSha: null, isPrivate: false };
  }
  return asGithubUser(context, userId, (github) => findHead(github, repository, baseBranch));
}

async function findHead(github: GitHubClient, named: string, branch: string | undefined): Promise<Base> {
  const {
    fullName,
    defaultBranch,
    private: isPrivate,
  } = await github
    .getRepository(named)
    .catch(refuseMissing('body.repository', `There is no repository ${named} that you can read.`));
  const [field, message] =
    branch === undefined
      ? ['body.repository', `${fullName} has no commits yet.`]
      : ['body.baseBranch', `${fullName} has no branch "${branch}".`];
  const head = await github.getBranch(fullName, branch ?? defaultBranch).catch(refuseMissing(field, message));
  return { repository: fullName, baseBranch: head.name, baseSha: head.sha, isPrivate };
}

const refuseMissing = (field: string, message: string) => (error: unknown) => {
  throw error instanceof GitHubError && error.code === 'notFound'
    ? invalidField(field, message, error)
    : error;
};
