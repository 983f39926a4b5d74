import { CadenceError, refusal } from './errors.ts';
import type { ClientOptions } from './options.ts';
import { createSession, type Session } from './session.ts';
import { backoffMs, wait, watchdog } from './wait.ts';

interface Sent {
  method: string;
  /** With its parameters and query, from the slash on. */
  address: string;
  /** Whether the route asks who is there. */
  needsToken: boolean;
  accept: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Transport {
  session: Session;
  timeoutMs: number;
  /** One try, with a token. One that is refused is renewed once. @throws {CadenceError} on any status but 2xx */
  once(sent: Sent): Promise<Response>;
  /** As often as it takes, where repeating is safe. @returns undefined for what turns out to be gone already */
  send<Read>(sent: Sent, read: (response: Response) => Promise<Read>): Promise<Read | undefined>;
}

/** Refusals that come of a token. Another one may be let in. */
const RENEWABLE = ['accessTokenExpired', 'accessTokenInvalid'];

export function createTransport(options: ClientOptions): Transport {
  const { tokens = null, onTokens = () => {}, organisationId, timeoutMs = 45_000, retries = 5 } = options;
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  // Called as a function of nobody: browsers refuse their `fetch` to others.
  const fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const session = createSession({ baseUrl, fetch, timeoutMs, retries, tokens, onTokens });

  async function once(sent: Sent): Promise<Response> {
    const first = sent.needsToken ? session.current()?.accessToken : undefined;
    try {
      return await tryOnce(sent, first);
    } catch (error) {
      if (first === undefined || !(error instanceof CadenceError) || !RENEWABLE.includes(error.code))
        throw error;
      if (session.current()?.refreshToken === undefined) throw error;
      return tryOnce(sent, await session.renew(first));
    }
  }

  async function tryOnce(
    { method, address, accept, body, headers, signal }: Sent,
    token?: string,
  ): Promise<Response> {
    const response = await fetch(baseUrl + address, {
      method,
      signal,
      headers: {
        accept,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(token === undefined || organisationId === undefined
          ? {}
          : { 'cadence-organisation': organisationId }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw await refusal(`${method} ${address.split('?')[0]}`, response);
    return response;
  }

  async function send<Read>(
    sent: Sent,
    read: (response: Response) => Promise<Read>,
  ): Promise<Read | undefined> {
    const { method, needsToken } = sent;
    // Every POST of a signed-in user takes a key, which stays the same however often it is sent.
    const key: Record<string, string> =
      method === 'POST' && needsToken ? { 'idempotency-key': newKey() } : {};
    const isRepeatable = method !== 'POST' || needsToken;
    for (let failures = 0; ; failures++) {
      const dog = watchdog(timeoutMs, sent.signal);
      try {
        return await read(await once({ ...sent, headers: { ...key, ...sent.headers }, signal: dog.signal }));
      } catch (error) {
        if (sent.signal?.aborted) throw error;
        if (isGone(error) && method === 'DELETE' && failures > 0) return undefined;
        if (!isRepeatable || failures >= retries || !isPassing(error)) throw error;
        await wait(
          backoffMs(failures, error instanceof CadenceError ? error.retryAfterMs : undefined),
          sent.signal,
        );
      } finally {
        dog.stop();
      }
    }
  }

  return { session, timeoutMs, once, send };
}

/** A DELETE whose first answer was lost has done its work. */
const isGone = (error: unknown) => error instanceof CadenceError && error.status === 404;

/** Whether trying again may help: no answer at all, or one that says so. */
export const isPassing = (error: unknown): boolean =>
  !(error instanceof CadenceError) || error.status >= 500 || error.retryAfterMs !== undefined;

/** Unique is enough, so a phone without `crypto` will do. */
function newKey(): string {
  const { crypto } = globalThis;
  if (typeof crypto?.randomUUID === 'function') return crypto.randomUUID();
  const random = () => Math.random().toString(36).slice(2);
  return `${Date.now().toString(36)}-${random()}${random()}`;
}
