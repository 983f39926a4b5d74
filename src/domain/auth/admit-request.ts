import { checkAccessToken } from '../../auth/access-token.ts';
import { admit } from '../../store/admit.ts';
import type { RateLimit, RateLimitState } from '../../store/rate-limits.ts';
import type { Actor } from '../actor.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { unknownOrganisation } from '../organisations/unknown-organisation.ts';

export type { RateLimit, RateLimitState };

export interface Admitted {
  actor: Actor;
  /** When what they showed ends. */
  until: Date;
}

export interface Request {
  /** What came as bearer token. */
  token: string;
  /** The organisation they name; null for their personal one. */
  organisationId: string | null;
  limits: readonly RateLimit[];
  /** Is told what is left of the limits; throws when nothing is. */
  onLimit(state: RateLimitState): void;
}

/**
 * Finds out who asks and for which organisation, and counts the request against their limits, in one statement.
 *
 * @throws {AppError} accessTokenInvalid, accessTokenExpired, sessionEnded, notFound for an organisation they are no member of, or
 * what `onLimit` throws
 */
export async function admitRequest({ db, settings, now }: Context, request: Request): Promise<Admitted> {
  const authority = { issuer: settings.publicUrl, secret: settings.jwtSecret };
  const check = await checkAccessToken(authority, request.token, now());
  switch (check.outcome) {
    case 'expired':
      throw new AppError('accessTokenExpired', 'The access token has expired. Refresh it.');
    case 'invalid':
      throw new AppError('accessTokenInvalid', 'The access token is not one of ours or is damaged.');
    case 'valid': {
      const { userId, sessionId, expiresAt } = check.token;
      const { organisationId, limits } = request;
      const admission = await admit(db, { userId, sessionId, organisationId, limits });
      if (admission === null) throw new AppError('sessionEnded', 'The session has ended. Sign in again.');
      const { member, limit } = admission;
      request.onLimit(limit);
      if (member === null) throw unknownOrganisation();
      return { actor: { userId, ...member, credential: { kind: 'session', sessionId } }, until: expiresAt };
    }
  }
}
