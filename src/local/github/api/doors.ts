import { createHash, randomBytes } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Core } from '../core.ts';
import { type ApiEnv, readable } from './context.ts';
import { authenticate } from './credentials.ts';
import { ApiError, badCredentials, errorBody } from './errors.ts';
import { createRateLimiter, type RateUse } from './rate-limit.ts';

/** Requests an hour: per account, and for all callers without a token together. */
export interface RateLimits {
  authenticated: number;
  anonymous: number;
}

const scopeOfAnonymous = 'anonymous';

/** The REST API without its routes: who asks, how often, what changed, and how refusals look. */
export function createApi(core: Core, limits: RateLimits): Hono<ApiEnv> {
  const limiter = createRateLimiter(core.nowMs);
  const api = new Hono<ApiEnv>();
  api.onError(writeError);

  api.use(async (c, next) => {
    c.header('X-GitHub-Request-Id', requestId());
    c.header('X-GitHub-Media-Type', 'github.v3; format=json');
    c.header('X-GitHub-Api-Version-Selected', c.req.header('x-github-api-version') ?? '2022-11-28');
    // GitHub turns away clients that do not say who they are; fetch in Workers sends no such header by itself.
    if (!c.req.header('user-agent')) {
      const text =
        '\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header.';
      return c.text(text, 403);
    }
    await next();
    return undefined;
  });

  api.use(async (c, next) => {
    const found = authenticate(core, c.req.header('authorization'));
    const viewer = typeof found === 'string' ? undefined : found;
    c.set('viewer', viewer);
    if (viewer) {
      c.header('X-OAuth-Scopes', viewer.scopes.join(', '));
    }
    const caller = viewer ? `user ID ${viewer.user.id}` : scopeOfAnonymous;
    const limit = viewer ? limits.authenticated : limits.anonymous;
    const show = (use: RateUse) => {
      c.header('X-RateLimit-Limit', String(use.limit));
      c.header('X-RateLimit-Remaining', String(use.remaining));
      c.header('X-RateLimit-Reset', String(use.resetSeconds));
      c.header('X-RateLimit-Used', String(use.used));
      c.header('X-RateLimit-Resource', 'core');
    };
    if (c.req.path.endsWith('/api/v3/rate_limit') && found !== 'refused') {
      const use = limiter.use(caller, limit);
      show(use);
      const core = { limit, used: use.used, remaining: use.remaining, reset: use.resetSeconds };
      return c.json({ resources: { core }, rate: core });
    }
    const use = limiter.take(caller, limit);
    show(use ?? limiter.use(caller, limit));
    if (!use) throw new ApiError(403, `API rate limit exceeded for ${viewer ? caller : '127.0.0.1'}.`);
    if (found === 'refused') throw badCredentials();
    await next();
    // An unchanged answer costs nothing, but only for callers that say who they are.
    if (c.res.status === 304 && viewer) show(limiter.refund(caller, limit));
    return undefined;
  });

  api.use(conditional);

  api.use(async (c, next) => {
    await next();
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') await core.state.save();
  });

  api.use('/repos/:owner/:repo/*', async (c, next) => {
    const repository = readable(core, c.var.viewer, c.req.param('owner'), c.req.param('repo'));
    c.set('repository', repository);
    c.set('store', core.storeOf(repository));
    await next();
  });
  return api;
}

/** A refusal in GitHub's shape. What was not foreseen is told to the log only. */
export function writeError(error: Error, c: Context): Response {
  if (error instanceof ApiError) {
    return c.json(errorBody(error.status, error.message, error.errors), error.status);
  }
  console.error('github stand-in:', error);
  return c.json(errorBody(500, 'Server Error'), 500);
}

/** `ETag` on what was read, and 304 when the caller has it already. */
const conditional = createMiddleware<ApiEnv>(async (c, next) => {
  await next();
  if (c.req.method !== 'GET' || c.res.status !== 200) return;
  const body = await c.res.clone().arrayBuffer();
  const digest = createHash('sha256')
    .update(c.var.viewer?.user.login ?? '')
    .update(Buffer.from(body))
    .digest('hex');
  c.header('ETag', `W/"${digest}"`);
  c.header('Cache-Control', `${c.var.viewer ? 'private' : 'public'}, max-age=60, s-maxage=60`);
  c.header('Vary', 'Accept, Authorization, Cookie, X-GitHub-OTP');
  const known = (c.req.header('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(`"${digest}"`) || known.includes('*')) {
    const headers = new Headers(c.res.headers);
    headers.delete('content-type');
    headers.delete('content-length');
    c.res = new Response(null, { status: 304, headers });
  }
});

function requestId(): string {
  const part = (bytes: number) => randomBytes(bytes).toString('hex').toUpperCase();
  return [part(2), part(3), part(3), part(3), part(4)].join(':');
}
