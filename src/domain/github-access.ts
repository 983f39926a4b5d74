import { openGithub } from '../auth/open-github.ts';
import type { GitHubClient } from '../github/client.ts';
import { GitHubError } from '../github/errors.ts';
import type { Context } from './context.ts';
import { AppError } from './errors.ts';

const accessLost = (cause?: unknown) =>
  new AppError('githubAccessLost', 'GitHub no longer accepts our access. Sign in again.', { cause });

const notLinked = () =>
  new AppError('githubNotLinked', 'This needs a GitHub account. Link yours first: POST /auth/github/link.');

/**
 * Does something on GitHub as a user.
 *
 * @throws {AppError} githubNotLinked, githubAccessLost, githubForbidden, githubUnavailable or notFound; anything else is a bug of ours
 */
export async function asGithubUser<T>(
  { db, github, settings }: Context,
  userId: string,
  act: (client: GitHubClient) => Promise<T>,
): Promise<T> {
  try {
    const opened = await openGithub({ db, github, encryptionKeys: settings.encryptionKeys }, userId);
    if (opened.kind !== 'open') throw opened.kind === 'notLinked' ? notLinked() : accessLost();
    return await act(opened.client);
  } catch (error) {
    throw error instanceof GitHubError ? fromGithub(error) : error;
  }
}

/** What GitHub's refusal of a user's request means to that user. */
export function fromGithub(error: GitHubError): Error {
  switch (error.code) {
    case 'unauthorized':
      return accessLost(error);
    case 'forbidden':
      return new AppError('githubForbidden', 'GitHub does not let you do this.', { cause: error });
    case 'notFound':
      return new AppError('notFound', 'GitHub knows no such thing, or does not show it to you.', {
        cause: error,
      });
    case 'rateLimited':
    case 'unavailable':
      return githubUnavailable(error);
    case 'conflict':
    case 'invalid':
      return error;
  }
}

/** GitHub is away or asks for patience: the caller may try again. */
export const githubUnavailable = (error: GitHubError) =>
  new AppError('githubUnavailable', 'GitHub does not answer at the moment. Try again shortly.', {
    retryAfterSeconds: error.retryAfterSeconds ?? 5,
    cause: error,
  });
