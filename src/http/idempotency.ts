import type { MiddlewareHandler } from 'hono';
import type { Actor } from '../domain/actor.ts';
import type { Context } from '../domain/context.ts';
import { invalidField } from '../domain/errors.ts';
import { beginRequest } from '../domain/requests/begin-request.ts';
import type { Answer } from '../domain/requests/kept-answer.ts';
import { type Settlement, settleRequest } from '../domain/requests/settle-request.ts';
import type { AppEnv, RequestContext } from './app-env.ts';
import { outlive } from './outlive.ts';
import { canonicalPath, endpointOf } from './paths.ts';
import { scoped } from './scoped.ts';

const HEADER = 'idempotency-key';
const WELL_FORMED = /^[!-~]{1,255}$/;

/** These say that a request was not taken up: corrected, it may come again under its key. */
const NOT_TAKEN_UP: readonly number[] = [400, 401, 403, 413, 415, 429];

/**
 * Makes every POST behind `authenticate` one that can be repeated, for who sends an `Idempotency-Key`
 * (draft-ietf-httpapi-idempotency-key-header): the first answer is given again, for a day, and nothing is done twice. When a worker
 * died before it could keep its answer, the request is carried out anew with the ids it had, so that it finds what it made.
 */
export function idempotency(context: Context): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const key = c.req.method === 'POST' ? c.req.header(HEADER) : undefined;
    if (key === undefined || endpointOf(c) === null) return next();
    if (!WELL_FORMED.test(key)) {
      throw invalidField(`header.${HEADER}`, 'Send 1 to 255 visible ASCII characters.');
    }
    const fingerprint = await fingerprintOf(c);
    const request = await beginRequest(context, { scope: scopeOf(c.get('actor')), key, fingerprint });
    c.set('keyed', request);
    if (request.kind === 'answered') return replay(request.answer);
    const settle = async () => settleRequest(scoped(c, context), request, await settlementOf(c.res));
    return outlive(c, next().then(settle));
  };
}

/** Whose key it is. An API key does not get the answers of the person behind it, who may be allowed more. */
function scopeOf({ userId, organisationId, credential }: Actor): string {
  const scope = `${userId}/${organisationId}`;
  return credential.kind === 'apiKey' ? `${scope}/${credential.apiKeyId}` : scope;
}

/** What makes two requests the same one: whichever of its three spellings the address has, and the body byte by byte. */
async function fingerprintOf(c: RequestContext): Promise<string> {
  const head = `${c.req.method} ${canonicalPath(c.req.raw)}${new URL(c.req.url).search}\n`;
  const text = await new Blob([head, await c.req.arrayBuffer()]).arrayBuffer();
  const digest = await crypto.subtle.digest('SHA-256', text);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function settlementOf(response: Response): Promise<Settlement> {
  const { status, headers } = response;
  if (NOT_TAKEN_UP.includes(status)) return { kind: 'refused' };
  const contentType = headers.get('content-type');
  // A stream cannot be kept; who asks again gets one that begins anew.
  if (status >= 500 || contentType?.startsWith('text/event-stream')) return { kind: 'failed' };
  const body = await response.clone().text();
  return { kind: 'answered', answer: { status, contentType, location: headers.get('location'), body } };
}

function replay({ status, contentType, location, body }: Answer): Response {
  const headers = new Headers({ 'idempotency-replayed': 'true' });
  if (contentType !== null) headers.set('content-type', contentType);
  if (location !== null) headers.set('location', location);
  return new Response(body === '' ? null : body, { status, headers });
}
