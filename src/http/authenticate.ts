import type { MiddlewareHandler } from 'hono';
import { admitRequest } from '../domain/auth/admit-request.ts';
import type { Context } from '../domain/context.ts';
import { AppError } from '../domain/errors.ts';
import type { AppEnv, RequestContext } from './app-env.ts';
import { endpointOf } from './paths.ts';
import { holdToLimit, limitsOf } from './rate-limit.ts';

/** Names the organisation a request is for; without it, it is the caller's personal one. */
export const ORGANISATION_HEADER = 'cadence-organisation';

/**
 * Lets in who brings an access token of a session that goes on, and tells handlers who it is and for which organisation they act.
 * Stands in front of every endpoint mounted after it; a path without an endpoint goes on to be not found.
 */
export function authenticate(context: Context): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (endpointOf(c) === null) return next();
    const { actor, until } = await admitRequest(context, {
      token: bearerToken(c),
      organisationId: c.req.header(ORGANISATION_HEADER) ?? null,
      limits: limitsOf(c, context.settings.rateLimitPerMinute),
      onLimit: (state) => holdToLimit(c, state),
    });
    c.set('actor', actor);
    c.set('tokenExpiresAt', until);
    return next();
  };
}

function bearerToken(c: RequestContext): string {
  const header = c.req.header('authorization');
  if (header === undefined) {
    throw new AppError('accessTokenMissing', 'Send Authorization: Bearer <access token>.');
  }
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(header)?.[1] ?? '';
}
