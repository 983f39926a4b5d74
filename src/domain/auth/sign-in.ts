import { sealGithubTokens } from '../../auth/github-token.ts';
import { firstRefreshToken } from '../../auth/refresh-token.ts';
import { hashOf } from '../../crypto/hash.ts';
import { startSession } from '../../store/sessions.ts';
import { type User, upsertUser } from '../../store/users.ts';
import type { Context } from '../context.ts';
import { issueTokens, type Tokens } from './issue-tokens.ts';
import { type GithubReturn, returnFromGithub, unknownSignIn } from './return-from-github.ts';

interface SignInInput extends GithubReturn {
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
  const { stateHash, tokens, profile } = await returnFromGithub(context, input);
  const user = await upsertUser(db, newId('user'), profile);
  const sessionId = newId('session');
  const refreshToken = await firstRefreshToken(settings.jwtSecret, sessionId);
  const isStarted = await startSession(db, {
    id: sessionId,
    stateHash,
    userAgent: input.userAgent,
    userId: user.id,
    refreshHash: await hashOf(refreshToken),
    githubToken: await sealGithubTokens(settings.encryptionKeys, user.id, tokens),
  });
  if (!isStarted) throw unknownSignIn();
  return { ...(await issueTokens(context, { userId: user.id, sessionId, refreshToken })), user };
}
