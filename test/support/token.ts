import { issueAccessToken } from '../../src/auth/access-token.ts';
import type { Context } from '../../src/domain/context.ts';
import { startSession } from '../../src/store/sessions.ts';
import { beginSignIn } from '../../src/store/sign-ins.ts';
import { addUser } from './runs.ts';

/** An access token of a new session, as a sign-in would give, of a user who is there or of a new one. */
export async function tokenFor(
  { db, newId, settings, now }: Pick<Context, 'db' | 'newId' | 'settings' | 'now'>,
  knownUserId?: string,
): Promise<string> {
  const userId = knownUserId ?? newId('user');
  if (knownUserId === undefined) await addUser(db, userId);
  const sessionId = newId('session');
  const stateHash = sessionId;
  await beginSignIn(db, stateHash, { codeChallenge: '', redirectUri: '' });
  await startSession(db, {
    id: sessionId,
    userId,
    stateHash,
    refreshHash: sessionId,
    githubToken: null,
    userAgent: null,
  });
  const authority = { issuer: settings.publicUrl, secret: settings.jwtSecret };
  return issueAccessToken(authority, { userId, sessionId, tokenId: newId('token') }, now());
}
