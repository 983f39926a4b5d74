import type { MiddlewareHandler } from 'hono';
import type { Context } from '../domain/context.ts';
import type { AppEnv } from './app-env.ts';
import { endpointOf } from './paths.ts';

/**
 * Gives every request an id of ours (a caller's own would let them write into our log), puts it on the answer, and logs
 * one line when the answer's head is ready; a stream goes on after that.
 */
export function requestLog({ log, newId, now }: Context): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const startedAt = now().getTime();
    const requestId = newId('req');
    c.set('requestId', requestId);
    await next();
    c.header('x-request-id', requestId);
    const { status } = c.res;
    log[status >= 500 ? 'error' : 'info']('request', {
      requestId,
      method: c.req.method,
      route: endpointOf(c),
      status,
      durationMs: now().getTime() - startedAt,
      userId: c.get('userId'),
    });
  };
}
