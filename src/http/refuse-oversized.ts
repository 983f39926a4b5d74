import { createMiddleware } from 'hono/factory';
import { AppError } from '../domain/errors.ts';
import type { AppEnv } from './app-env.ts';

const MAX_ADDRESS = 8_192;
/** Names and values; a token of an external issuer may have some thousand characters. */
const MAX_HEADERS = 32_768;

/** Refuses an address or headers that are larger than any of ours, or that have a NUL in them, which Postgres cannot store. */
export const refuseOversized = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.url.length > MAX_ADDRESS) {
    throw new AppError('malformedRequest', `An address may have ${MAX_ADDRESS} characters at most.`);
  }
  if (c.req.url.includes('%00')) {
    throw new AppError('malformedRequest', 'The address contains a NUL character.');
  }
  let size = 0;
  for (const [name, value] of c.req.raw.headers) size += name.length + value.length;
  if (size > MAX_HEADERS) {
    throw new AppError('malformedRequest', `Headers may have ${MAX_HEADERS} characters at most.`);
  }
  await next();
});
