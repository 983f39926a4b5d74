import { ACCESS_TOKEN_SECONDS, issueAccessToken } from '../../auth/access-token.ts';
import type { Context } from '../context.ts';

/** What a client gets to act as a user: an access token to use and a refresh token to replace both with. */
export interface Tokens {
  accessToken: string;
  tokenType: 'Bearer';
  /** Seconds until the access token expires. */
  expiresIn: number;
  refreshToken: string;
}

export async function issueTokens(
  { settings, newId, now }: Context,
  { userId, sessionId, refreshToken }: { userId: string; sessionId: string; refreshToken: string },
): Promise<Tokens> {
  const accessToken = await issueAccessToken(
    { issuer: settings.publicUrl, secret: settings.jwtSecret },
    { userId, sessionId, tokenId: newId('token') },
    now(),
  );
  return { accessToken, tokenType: 'Bearer', expiresIn: ACCESS_TOKEN_SECONDS, refreshToken };
}
