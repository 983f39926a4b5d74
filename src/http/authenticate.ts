import type { MiddlewareHandler } from 'hono';
import { checkAccessToken } from '../auth/access-token.ts';
import type { Context } from '../domain/context.ts';
import { AppError } from '../domain/errors.ts';
import type { AppEnv } from './app-env.ts';
import { endpointOf } from './paths.ts';

/**
 * Lets in who brings an access token of ours and tells handlers who it is. Stands in front of every endpoint mounted
 * after it; a path without an endpoint goes on to be not found. Tokens are good until they expire, also after a logout.
 */
export function authenticate({ settings, now }: Context): MiddlewareHandler<AppEnv> {
  const authority = { issuer: settings.publicUrl, secret: settings.jwtSecret };
  return async (c, next) => {
    if (endpointOf(c) === null) return next();
    const header = c.req.header('authorization');
    if (header === undefined) {
      throw new AppError('accessTokenMissing', 'Send Authorization: Bearer <access token>.');
    }
    const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(header)?.[1] ?? '';
    const check = await checkAccessToken(authority, token, now());
    switch (check.outcome) {
      case 'valid':
        c.set('userId', check.token.userId);
        c.set('sessionId', check.token.sessionId);
        c.set('tokenExpiresAt', check.token.expiresAt);
        return next();
      case 'expired':
        throw new AppError('accessTokenExpired', 'The access token has expired. Refresh it.');
      case 'invalid':
        throw new AppError('accessTokenInvalid', 'The access token is not one of ours or is damaged.');
    }
  };
}
