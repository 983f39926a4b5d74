import { checkAccessToken } from '../../auth/access-token.ts';
import { looksLikeApiKey, readApiKey } from '../../auth/api-key.ts';
import { hashOf } from '../../crypto/hash.ts';
import { type Admission, admitApiKey, admitSession } from '../../store/admit.ts';
import type { RateLimit, RateLimitState } from '../../store/rate-limits.ts';
import type { Actor, Credential } from '../actor.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { unknownOrganisation } from '../organisations/unknown-organisation.ts';

export type { RateLimit, RateLimitState };

export interface Admitted {
  actor: Actor;
  /** When what they showed ends; null for a key that lasts until it is revoked. */
  until: Date | null;
}

export interface Request {
  /** What came as bearer token: an access token or an API key. */
  token: string;
  /** The organisation they name; null for their personal one, or the key's. */
  organisationId: string | null;
  limits: readonly RateLimit[];
  /** Is told what is left of the limits; throws when nothing is. */
  onLimit(state: RateLimitState): void;
}

/**
 * Finds out who asks and for which organisation, and counts the request against their limits, in one statement.
 *
 * @throws {AppError} accessTokenInvalid, accessTokenExpired, sessionEnded, apiKeyInvalid, notFound for an organisation they are no
 * member of, or what `onLimit` throws
 */
export async function admitRequest(context: Context, request: Request): Promise<Admitted> {
  const { admission, userId, credential, until } = looksLikeApiKey(request.token)
    ? await byApiKey(context, request)
    : await byAccessToken(context, request);
  request.onLimit(admission.limit);
  if (admission.member === null) throw unknownOrganisation();
  return { actor: { userId, ...admission.member, credential }, until };
}

interface Shown {
  admission: Admission;
  userId: string;
  credential: Credential;
  until: Date | null;
}

async function byAccessToken({ db, settings, now }: Context, request: Request): Promise<Shown> {
  const authority = { issuer: settings.publicUrl, secret: settings.jwtSecret };
  const check = await checkAccessToken(authority, request.token, now());
  switch (check.outcome) {
    case 'expired':
      throw new AppError('accessTokenExpired', 'The access token has expired. Refresh it.');
    case 'invalid':
      throw new AppError('accessTokenInvalid', 'The access token is not one of ours or is damaged.');
    case 'valid': {
      const { userId, sessionId, expiresAt: until } = check.token;
      const admission = await admitSession(db, { userId, sessionId }, request);
      if (admission === null) throw new AppError('sessionEnded', 'The session has ended. Sign in again.');
      return { admission, userId, credential: { kind: 'session', sessionId }, until };
    }
  }
}

async function byApiKey({ db }: Context, request: Request): Promise<Shown> {
  const shown = readApiKey(request.token);
  const admission = shown && (await admitApiKey(db, { ...shown, hash: await hashOf(shown.key) }, request));
  if (admission === null) {
    throw new AppError('apiKeyInvalid', 'The API key is damaged or unknown, has expired or was revoked.');
  }
  const { userId, apiKeyId, scopes, expiresAt } = admission.key;
  const until = expiresAt === null ? null : new Date(expiresAt);
  return { admission, userId, credential: { kind: 'apiKey', apiKeyId, scopes }, until };
}
