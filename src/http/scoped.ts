import { derivedIds } from '../derived-ids.ts';
import type { Context } from '../domain/context.ts';
import type { RequestContext } from './app-env.ts';

/**
 * The context for a verb that acts for a request: it knows the request's trace, names the request in the log, and under an
 * `Idempotency-Key` gives what is made the same ids each time. For one verb; another one would be given the same ids.
 */
export function scoped(c: RequestContext, context: Context): Context {
  const [requestId, traceId, keyed] = [c.get('requestId'), c.get('traceId'), c.get('keyed')];
  const isBegun = keyed?.kind === 'begun';
  return {
    ...context,
    log: context.log.with({ requestId, traceId }),
    origin: { traceId, isRepeated: isBegun && !keyed.isFirst },
    ...(isBegun ? { newId: derivedIds(keyed.seed) } : {}),
  };
}
