import { matchedRoutes } from 'hono/route';
import { getPath } from 'hono/utils/url';
import type { RequestContext } from './app-env.ts';

/** Where the one route table stands. `/api/…` and `/…` lead to the same doors. */
export const BASE_PATH = '/api/v1';

/** Brings the three spellings of a path to the canonical one before it is routed. */
export function canonicalPath(request: Request): string {
  return BASE_PATH + getPath(request).replace(/^\/api(?:\/v1)?(?=\/|$)/, '');
}

/** The pattern of the endpoint a request belongs to, such as `/api/v1/runs/:runId`; null when there is none. */
export function endpointOf(c: RequestContext): string | null {
  // Middleware is registered for every method, endpoints for one.
  return matchedRoutes(c).findLast(({ method }) => method !== 'ALL')?.path ?? null;
}
