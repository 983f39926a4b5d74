import type { MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { RateLimit, RateLimitState } from '../domain/auth/admit-request.ts';
import { countStranger } from '../domain/auth/count-stranger.ts';
import type { Context } from '../domain/context.ts';
import { AppError } from '../domain/errors.ts';
import type { AppEnv, RequestContext } from './app-env.ts';
import { endpointOf } from './paths.ts';

/** What share of all of somebody's requests may go to one route. */
const ONE_READ = 1 / 2;
const ONE_WRITE = 1 / 5;

/** The limits that a request counts against: one for all that its sender does, and one for its route. */
export function limitsOf(c: RequestContext, perMinute: number): RateLimit[] {
  const share = c.req.method === 'GET' ? ONE_READ : ONE_WRITE;
  return [
    { bucket: 'all', perMinute },
    { bucket: `${c.req.method} ${endpointOf(c)}`, perMinute: Math.ceil(perMinute * share) },
  ];
}

/**
 * Tells the sender what is left of the limit nearest to its end (draft-ietf-httpapi-ratelimit-headers-07, in its fields of one number
 * each, which clients know best), also with a refusal.
 */
export const showLimit = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const state = c.get('rateLimit');
  if (state === undefined) return;
  c.header('ratelimit-limit', String(state.limit));
  c.header('ratelimit-remaining', String(state.remaining));
  c.header('ratelimit-reset', String(state.resetSeconds));
});

/** Limits what strangers ask from one address, for doors that stand open. */
export function limitStrangers(context: Context): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    // Cloudflare sets this itself; elsewhere all strangers share one limit.
    const address = c.req.header('cf-connecting-ip') ?? 'unknown';
    const limits = [{ bucket: 'all', perMinute: context.settings.rateLimitPerMinute }];
    holdToLimit(c, await countStranger(context, address, limits));
    return next();
  };
}

/** @throws {AppError} rateLimited */
export function holdToLimit(c: RequestContext, state: RateLimitState): void {
  c.set('rateLimit', state);
  if (!state.exceeded) return;
  const { limit, resetSeconds } = state;
  throw new AppError(
    'rateLimited',
    `At most ${limit} of these requests in a minute. Retry-After says how long to wait.`,
    {
      retryAfterSeconds: resetSeconds,
    },
  );
}
