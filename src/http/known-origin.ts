import { createMiddleware } from 'hono/factory';
import type { Context } from '../domain/context.ts';
import { AppError } from '../domain/errors.ts';
import type { AppEnv } from './app-env.ts';

/**
 * Refuses what pages of unknown origins send, which CORS alone only keeps from reading the answer: a page whose name was made to
 * point here (DNS rebinding) would be of its own origin. What is no browser names no origin.
 */
export function knownOrigin({ settings: { publicUrl, corsOrigins } }: Context) {
  const known: readonly string[] = [new URL(publicUrl).origin, ...corsOrigins];
  return createMiddleware<AppEnv>(async (c, next) => {
    const origin = c.req.header('origin');
    if (origin !== undefined && !known.includes(origin)) {
      throw new AppError('originRefused', 'This deployment does not know the origin of the page that calls.');
    }
    await next();
  });
}
