import type { GitHubBranch, Page } from '../../github/repositories.ts';
import type { Context } from '../context.ts';
import { asGithubUser } from '../github-access.ts';

/** A page of a repository's branches, as GitHub sorts them. `repository` is "owner/name". */
export function listBranches(
  context: Context,
  { userId, repository, ...page }: { userId: string; repository: string; page: number; perPage: number },
): Promise<Page<GitHubBranch>> {
  return asGithubUser(context, userId, (github) => github.listBranches(repository, page));
}
