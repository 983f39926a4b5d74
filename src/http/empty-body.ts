import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './app-env.ts';

/**
 * Takes an empty body for none where a body may be left out: many clients call everything they send JSON, also nothing, which
 * the validator would refuse as malformed.
 */
export const takeEmptyBodyForNone = createMiddleware<AppEnv>(async (c, next) => {
  const body = await c.req.raw.clone().arrayBuffer();
  if (body.byteLength === 0) {
    const { url, method, signal } = c.req.raw;
    const headers = new Headers(c.req.raw.headers);
    headers.delete('content-type');
    c.req.raw = new Request(url, { method, headers, signal });
  }
  await next();
});
