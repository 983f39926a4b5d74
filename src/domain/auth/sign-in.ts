import { sealGithubToken } from '../../auth/github-token.ts';
import { firstRefreshToken } from '../../auth/refresh-token.ts';
import { hashOf } from '../../crypto/hash.ts';
import { GitHubError } from '../../github/errors.ts';
import { describeError } from '../../log.ts';
import { startSession } from '../../store/sessions.ts';
import { type User, upsertUser } from '../../store/users.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { fromGithub, githubUnavailable } from '../github-access.ts';
import { issueTokens, type Tokens } from './issue-tokens.ts';

/**
 * Signs a user in with the code GitHub gave their app. The first sign-in makes the user.
 *
 * @throws {AppError} githubCodeRefused or githubUnavailable
 */
export async function signIn(
  context: Context,
  input: { code: string; codeVerifier: string; redirectUri: string },
): Promise<Tokens & { user: User }> {
  const { db, newId, settings } = context;
  const { token, profile } = await askGithub(context, input);
  const user = await upsertUser(db, newId('user'), profile);
  const sessionId = newId('session');
  const refreshToken = await firstRefreshToken(settings.jwtSecret, sessionId);
  await startSession(db, {
    id: sessionId,
    userId: user.id,
    refreshHash: await hashOf(refreshToken),
    sealedGithubToken: await sealGithubToken(settings.encryptionKey, user.id, token),
  });
  return { ...(await issueTokens(context, { userId: user.id, sessionId, refreshToken })), user };
}

async function askGithub(
  { github, log }: Context,
  input: { code: string; codeVerifier: string; redirectUri: string },
) {
  const { token } = await github.exchangeCode(input).catch((error: unknown) => {
    if (!(error instanceof GitHubError)) throw error;
    // It may be our own client secret that is wrong; GitHub's words tell.
    log.warn('githubCodeExchangeFailed', { error: describeError(error) });
    throw refusedCode(error);
  });
  const { id, ...profile } = await github
    .forToken(token)
    .getUser()
    .catch((error: unknown) => {
      throw error instanceof GitHubError ? fromGithub(error) : error;
    });
  return { token, profile: { githubId: id, ...profile } };
}

/** A code that is wrong, used or expired and a wrong verifier look the same to GitHub, and so they do to our caller. */
function refusedCode(error: GitHubError): AppError {
  return error.retryable
    ? githubUnavailable(error)
    : new AppError('githubCodeRefused', 'GitHub refused the code or its verifier. Start again.', {
        cause: error,
      });
}
