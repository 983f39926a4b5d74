import { errors, jwtVerify, SignJWT } from 'jose';

/** How long an access token lives, in seconds. */
export const ACCESS_TOKEN_SECONDS = 900;

const AUDIENCE = 'cadence';
/** RFC 9068: keeps other JWTs of ours from being taken for access tokens. */
const TYPE = 'at+jwt';

/** What makes and checks our tokens: `issuer` is our public URL, `secret` JWT_SECRET. */
export interface TokenAuthority {
  issuer: string;
  secret: string;
}

interface AccessToken {
  userId: string;
  sessionId: string;
  expiresAt: Date;
}

export type AccessTokenCheck =
  | { outcome: 'valid'; token: AccessToken }
  | { outcome: 'expired' }
  | { outcome: 'invalid' };

const keyOf = ({ secret }: TokenAuthority) => new TextEncoder().encode(secret);

/** Signs a token (HS256) for a user's session. `tokenId` is its `jti`. */
export async function issueAccessToken(
  authority: TokenAuthority,
  { userId, sessionId, tokenId }: { userId: string; sessionId: string; tokenId: string },
  now: Date,
): Promise<string> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  return new SignJWT({ sid: sessionId })
    .setProtectedHeader({ alg: 'HS256', typ: TYPE })
    .setIssuer(authority.issuer)
    .setAudience(AUDIENCE)
    .setSubject(userId)
    .setJti(tokenId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
    .sign(keyOf(authority));
}

/** Says whether a token is one of ours and still good. Everything it must carry is checked, nothing is assumed. */
export async function checkAccessToken(
  authority: TokenAuthority,
  token: string,
  now: Date,
): Promise<AccessTokenCheck> {
  try {
    const { payload } = await jwtVerify<{ sid: unknown }>(token, keyOf(authority), {
      algorithms: ['HS256'],
      typ: TYPE,
      issuer: authority.issuer,
      audience: AUDIENCE,
      requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp'],
      currentDate: now,
    });
    const { sub, sid, exp } = payload;
    if (typeof sub !== 'string' || typeof sid !== 'string' || exp === undefined)
      return { outcome: 'invalid' };
    return { outcome: 'valid', token: { userId: sub, sessionId: sid, expiresAt: new Date(exp * 1000) } };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { outcome: 'expired' };
    if (error instanceof errors.JOSEError) return { outcome: 'invalid' };
    throw error;
  }
}
