import { sealGithubToken } from '../../auth/github-token.ts';
import { firstRefreshToken } from '../../auth/refresh-token.ts';
import { hashOf } from '../../crypto/hash.ts';
import { GitHubError } from '../../github/errors.ts';
import { describeError } from '../../log.ts';
import { startSession } from '../../store/sessions.ts';
import { findSignIn } from '../../store/sign-ins.ts';
import { type User, upsertUser } from '../../store/users.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { fromGithub, githubUnavailable } from '../github-access.ts';
import { issueTokens, type Tokens } from './issue-tokens.ts';

interface SignInInput {
  state: string;
  code: string;
  codeVerifier: string;
  redirectUri: string;
  /** What signs in, in its own words. */
  userAgent: string | null;
}

/**
 * Signs a user in with the code GitHub gave their app. The first sign-in makes the user. It ends a sign-in that `beginSignIn` began,
 * once, and only for who has the verifier that belongs to it.
 *
 * @throws {AppError} signInUnknown, githubCodeRefused or githubUnavailable
 */
export async function signIn(context: Context, input: SignInInput): Promise<Tokens & { user: User }> {
  const { db, newId, settings } = context;
  const stateHash = await hashOf(input.state);
  const begun = await findSignIn(db, stateHash);
  const isTheirs =
    begun?.redirectUri === input.redirectUri && begun.codeChallenge === (await hashOf(input.codeVerifier));
  if (!isTheirs) throw unknownSignIn();
  const { token, profile } = await askGithub(context, input);
  const user = await upsertUser(db, newId('user'), profile);
  const sessionId = newId('session');
  const refreshToken = await firstRefreshToken(settings.jwtSecret, sessionId);
  const isStarted = await startSession(db, {
    id: sessionId,
    stateHash,
    userAgent: input.userAgent,
    userId: user.id,
    refreshHash: await hashOf(refreshToken),
    sealedGithubToken: await sealGithubToken(settings.encryptionKey, user.id, token),
  });
  if (!isStarted) throw unknownSignIn();
  return { ...(await issueTokens(context, { userId: user.id, sessionId, refreshToken })), user };
}

const unknownSignIn = () =>
  new AppError(
    'signInUnknown',
    'There is no such sign-in under way, or not with this verifier. Start again.',
  );

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
