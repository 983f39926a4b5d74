import type { MiddlewareHandler } from 'hono';
import type { Context } from '../domain/context.ts';
import { newTraceId, traceIdOf } from '../trace.ts';
import type { AppEnv } from './app-env.ts';
import { endpointOf } from './paths.ts';

/** What may stand in our log although a stranger wrote it. */
const WELL_FORMED = /^[\w.:-]{1,100}$/;

/**
 * Gives every request an id of ours (a caller's own would pass for it in our log) and a trace, puts the id on the answer, and
 * logs one line when the answer's head is ready; a stream goes on after that.
 */
export function requestLog({ log, newId, now }: Context): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const startedAt = now().getTime();
    const requestId = newId('req');
    const traceId = traceIdOf(c.req.header('traceparent')) ?? newTraceId();
    c.set('requestId', requestId);
    c.set('traceId', traceId);
    await next();
    c.header('x-request-id', requestId);
    const { status } = c.res;
    const clientRequestId = c.req.header('x-request-id');
    log[status >= 500 ? 'error' : 'info']('request', {
      requestId,
      traceId,
      method: c.req.method,
      route: endpointOf(c),
      status,
      durationMs: now().getTime() - startedAt,
      userId: c.get('actor')?.userId,
      organisationId: c.get('actor')?.organisationId,
      ...(clientRequestId && WELL_FORMED.test(clientRequestId) ? { clientRequestId } : {}),
      ...(c.get('keyed')?.kind === 'answered' ? { idempotencyReplayed: true } : {}),
    });
  };
}
