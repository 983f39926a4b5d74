import type { RepositoryPage } from '../../github/repositories.ts';
import type { Context } from '../context.ts';
import { asGithubUser } from '../github-access.ts';

/** A page of the user's repositories, last pushed first, or word that it is still what `etag` stands for. */
export function listRepositories(
  context: Context,
  { userId, ...page }: { userId: string; page: number; perPage: number; etag?: string },
): Promise<RepositoryPage> {
  return asGithubUser(context, userId, (github) => github.listRepositories(page));
}
