import { readRefreshToken, successorOf } from '../../auth/refresh-token.ts';
import { hashOf } from '../../crypto/hash.ts';
import { rotateSession } from '../../store/sessions.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { issueTokens, type Tokens } from './issue-tokens.ts';
import { recheckStreams } from './recheck-streams.ts';

/**
 * Replaces a refresh token. A phone that lost the answer may ask again for two minutes and gets the same successor, as
 * long as nobody has used that.
 *
 * @throws {AppError} refreshTokenInvalid, refreshTokenReused (the session is over now) or sessionEnded
 */
export async function refreshSession(context: Context, presented: string): Promise<Tokens> {
  const { db, log, settings } = context;
  const token = await readRefreshToken(settings.jwtSecret, presented);
  if (token === null) throw invalid();
  const { sessionId } = token;
  const refreshToken = await successorOf(settings.jwtSecret, token);
  const rotation = await rotateSession(db, {
    sessionId,
    hash: await hashOf(token.token),
    successorHash: await hashOf(refreshToken),
  });
  switch (rotation.outcome) {
    case 'granted':
      return issueTokens(context, { userId: rotation.userId, sessionId, refreshToken });
    case 'reused':
      log.warn('refreshTokenReused', { sessionId });
      await recheckStreams(context, { userId: rotation.userId });
      throw new AppError('refreshTokenReused', 'This refresh token was replaced before. Sign in again.');
    case 'revoked':
    case 'expired':
      throw new AppError('sessionEnded', 'The session has ended. Sign in again.');
    case 'unknown':
      throw invalid();
  }
}

const invalid = () =>
  new AppError('refreshTokenInvalid', 'The refresh token is not one of ours. Sign in again.');
