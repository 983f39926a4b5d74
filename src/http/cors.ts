import { cors as allowOrigins } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import type { Context } from '../domain/context.ts';
import type { AppEnv } from './app-env.ts';

const ONE_DAY_SECONDS = 86_400;

/**
 * Lets browser apps in from the origins that the deployment names, letter by letter; no other origin is told anything. Cookies
 * play no part: who calls says so with a token. A preflight is answered before anyone is asked for one.
 */
export function cors({ settings: { corsOrigins } }: Context) {
  if (corsOrigins.length === 0) return createMiddleware<AppEnv>((_, next) => next());
  return allowOrigins({
    origin: [...corsOrigins],
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: [
      'Authorization',
      'Cadence-Organisation',
      'Content-Type',
      'Idempotency-Key',
      'Last-Event-ID',
      'Mcp-Protocol-Version',
      'Traceparent',
      'X-Request-Id',
    ],
    exposeHeaders: [
      'Idempotency-Replayed',
      'Location',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'Retry-After',
      'WWW-Authenticate',
      'X-Request-Id',
    ],
    maxAge: ONE_DAY_SECONDS,
  });
}
