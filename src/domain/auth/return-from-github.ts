import { hashOf } from '../../crypto/hash.ts';
import { GitHubError } from '../../github/errors.ts';
import type { GitHubTokens } from '../../github/oauth.ts';
import { describeError } from '../../log.ts';
import { findSignIn } from '../../store/sign-ins.ts';
import type { GitHubProfile } from '../../store/users.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { fromGithub, githubUnavailable } from '../github-access.ts';

/** What a user's app was given when GitHub sent them back, and what it began with. */
export interface GithubReturn {
  state: string;
  code: string;
  codeVerifier: string;
  redirectUri: string;
}

/**
 * Turns the code of a sign-in under way into the tokens of whoever approved it: only for who has the verifier that belongs to it. It ends
 * when `stateHash` is used.
 *
 * @throws {AppError} signInUnknown, githubCodeRefused or githubUnavailable
 */
export async function returnFromGithub(
  context: Context,
  input: GithubReturn,
): Promise<{ stateHash: string; tokens: GitHubTokens; profile: GitHubProfile }> {
  const stateHash = await hashOf(input.state);
  const begun = await findSignIn(context.db, stateHash);
  const isTheirs =
    begun?.redirectUri === input.redirectUri && begun.codeChallenge === (await hashOf(input.codeVerifier));
  if (!isTheirs) throw unknownSignIn();
  return { stateHash, ...(await askGithub(context, input)) };
}

export const unknownSignIn = () =>
  new AppError(
    'signInUnknown',
    'There is no such sign-in under way, or not with this verifier. Start again.',
  );

async function askGithub(
  { github, log }: Context,
  input: { code: string; codeVerifier: string; redirectUri: string },
) {
  const tokens = await github.exchangeCode(input).catch((error: unknown) => {
    if (!(error instanceof GitHubError)) throw error;
    // It may be our own client secret that is wrong; GitHub's words tell.
    log.warn('githubCodeExchangeFailed', { error: describeError(error) });
    throw refusedCode(error);
  });
  const { id, ...profile } = await github
    .forToken(tokens.token)
    .getUser()
    .catch((error: unknown) => {
      throw error instanceof GitHubError ? fromGithub(error) : error;
    });
  return { tokens, profile: { githubId: id, ...profile } };
}

/** A code that is wrong, used or expired and a wrong verifier look the same to GitHub, and so they do to our caller. */
function refusedCode(error: GitHubError): AppError {
  return error.retryable
    ? githubUnavailable(error)
    : new AppError('githubCodeRefused', 'GitHub refused the code or its verifier. Start again.', {
        cause: error,
      });
}
