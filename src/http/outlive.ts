import type { RequestContext } from './app-env.ts';

/**
 * Sees work through even when the client leaves: on Workers a disconnect that is noticed ends the handler at its next
 * `await`, and a committed change would go without its dispatch.
 */
export function outlive<T>(c: RequestContext, work: Promise<T>): Promise<T> {
  lifetimeOf(c)?.waitUntil(work.catch(() => undefined));
  return work;
}

/** Hono throws when the runtime gives no lifetime, as in tests and on Node. */
function lifetimeOf(c: RequestContext) {
  try {
    return c.executionCtx;
  } catch {
    return null;
  }
}
