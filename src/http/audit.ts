import { createMiddleware } from 'hono/factory';
import { recordAct } from '../domain/audit/record-act.ts';
import type { Context } from '../domain/context.ts';
import type { AppEnv, RequestContext } from './app-env.ts';
import { outlive } from './outlive.ts';
import { endpointOf } from './paths.ts';

const LONGEST_USER_AGENT = 200;

/**
 * Puts every act down in the log of its organisation before it is answered: what was changed, and what somebody was not allowed to. An
 * act that cannot be put down is answered as failed, so that its sender repeats it.
 */
export const audit = (context: Context) =>
  createMiddleware<AppEnv>(async (c, next) => {
    await next();
    const act = c.get('act');
    if (c.req.method === 'GET' || endpointOf(c) === null || act === null) return;
    const { status, object } = act ?? { status: c.res.status, object: objectOf(c) };
    if (status >= 400 && status !== 403) return;
    await outlive(
      c,
      recordAct(context, c.get('actor'), {
        action: `${c.req.method} ${endpointOf(c)}`,
        status,
        object,
        requestId: c.get('requestId'),
        address: c.req.header('cf-connecting-ip') ?? null,
        userAgent: c.req.header('user-agent')?.slice(0, LONGEST_USER_AGENT) ?? null,
      }),
    );
  });

/** What stands in the address, and what was made. */
function objectOf(c: RequestContext): Record<string, string> {
  const location = c.res.headers.get('location');
  return { ...c.req.param(), ...(location === null ? {} : { created: location.split('/').at(-1) ?? '' }) };
}
