import type { MiddlewareHandler } from 'hono';
import { admitRequest, type Shown } from '../domain/auth/admit-request.ts';
import type { Context } from '../domain/context.ts';
import { AppError, invalidField } from '../domain/errors.ts';
import type { AppEnv, RequestContext } from './app-env.ts';
import { BASE_PATH, canonicalPath, endpointOf } from './paths.ts';
import { holdToLimit, limitsOf } from './rate-limit.ts';

/** Names the organisation a request is for; without it, it is the caller's personal one. */
export const ORGANISATION_HEADER = 'cadence-organisation';

const IN_ADDRESS = new RegExp(`^${BASE_PATH}/organisations/([^/]+)`);

/** The endpoints that a ticket opens. */
const STREAMS: readonly string[] = [`${BASE_PATH}/agents/:agentId/events`, `${BASE_PATH}/runs/:runId/events`];

/**
 * Lets in who brings an access token of a session that goes on or an API key, and tells handlers who it is and for which organisation they act.
 * Stands in front of every endpoint mounted after it; a path without an endpoint goes on to be not found.
 */
export function authenticate(context: Context): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (endpointOf(c) === null) return next();
    const { actor, until } = await admitRequest(context, {
      shown: shownBy(c),
      organisationId: organisationOf(c),
      limits: limitsOf(c, context.settings.rateLimitPerMinute),
      onLimit: (state) => holdToLimit(c, state),
    });
    c.set('actor', actor);
    c.set('tokenExpiresAt', until);
    return next();
  };
}

/** The organisation that stands in the address or is named in the header; null for the personal one. */
function organisationOf(c: RequestContext): string | null {
  const named = c.req.header(ORGANISATION_HEADER);
  const inAddress = IN_ADDRESS.exec(canonicalPath(c.req.raw))?.[1];
  if (named !== undefined && inAddress !== undefined && named !== inAddress) {
    throw invalidField(`header.${ORGANISATION_HEADER}`, 'It names another organisation than the address.');
  }
  return inAddress ?? named ?? null;
}

/** A bearer token, or where a stream is opened without one, a ticket. */
function shownBy(c: RequestContext): Shown {
  const header = c.req.header('authorization');
  const ticket = c.req.query('ticket');
  if (header === undefined && ticket !== undefined && STREAMS.includes(endpointOf(c) ?? '')) {
    return { kind: 'ticket', ticket, path: canonicalPath(c.req.raw) };
  }
  return { kind: 'bearer', token: bearerToken(header) };
}

function bearerToken(header: string | undefined): string {
  if (header === undefined) {
    throw new AppError('accessTokenMissing', 'Send Authorization: Bearer <access token or API key>.');
  }
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(header)?.[1] ?? '';
}
