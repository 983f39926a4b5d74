import type { Fetch } from '../github/send.ts';
import { checkWebAddress } from './web-address.ts';
import { harmlessOf } from './web-headers.ts';

/** The most that is read of an answer, unpacked. */
const MAX_RESPONSE_BYTES = 256_000;
const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface WebRequest {
  url: URL;
  method: string;
  headers: Headers;
  body: string | undefined;
  signal: AbortSignal;
}

/** An answer as far as it was read. */
export interface WebAnswer {
  /** Where it came from in the end. */
  url: URL;
  /** How that was asked: redirects may have made a GET of it. */
  method: string;
  status: number;
  headers: Headers;
  bytes: Uint8Array;
  /** The answer is longer, or broke off. */
  isCut: boolean;
  /** Why it comes from here: a redirect was not followed, or made a GET of what was asked. */
  note: string | null;
}

/** Asking failed after a redirect had made a GET of it: what was asked first was answered. */
export class RedirectLost extends Error {
  constructor(status: number, url: URL, options?: ErrorOptions) {
    super(`It was answered ${status} with a redirect to ${url.href}, from which no answer came.`, options);
    this.name = 'RedirectLost';
  }
}

/**
 * Makes a request and follows its redirects by hand, so that each address is checked before it is asked. What changes
 * something is not sent on to another origin, and nothing that may be a secret is.
 *
 * @throws what `fetch` throws when no answer comes; {@link RedirectLost}
 */
export async function askWeb(fetch: Fetch, first: WebRequest): Promise<WebAnswer> {
  let { url, method, headers, body } = first;
  let settled: number | null = null;
  for (let hop = 0; ; hop++) {
    const asked = url;
    const response = await fetch(
      new Request(url.href, {
        method,
        headers,
        redirect: 'manual',
        signal: first.signal,
        ...(body === undefined ? {} : { body }),
      }),
    ).catch((error: unknown) => {
      throw settled === null ? error : new RedirectLost(settled, asked, { cause: error });
    });
    const location = response.headers.get('location');
    if (!REDIRECTS.has(response.status) || location === null) {
      return read(
        response,
        url,
        method,
        settled === null ? null : `It was answered ${settled}, which led here.`,
      );
    }

    const target = URL.canParse(location, url.href)
      ? checkWebAddress(new URL(location, url.href).href)
      : null;
    if (!target?.ok) {
      const why = target ? `the address ${target.reason}` : 'the address cannot be read';
      return read(response, url, method, `Its redirect was not followed: ${why}.`);
    }
    if (hop === MAX_REDIRECTS) {
      return read(
        response,
        url,
        method,
        `There were more than ${MAX_REDIRECTS} redirects; the last was not followed.`,
      );
    }
    // As the Fetch standard has it.
    const becomesGet =
      response.status === 303 ? method !== 'HEAD' : response.status < 303 && method === 'POST';
    const isSafe = becomesGet || method === 'GET' || method === 'HEAD';
    const isElsewhere = target.url.origin !== url.origin;
    if (isElsewhere && !isSafe) {
      return read(
        response,
        url,
        method,
        `Its redirect to ${target.url.href} was not followed: it leads to another server.`,
      );
    }
    await response.body?.cancel();
    if (becomesGet && method !== 'GET') {
      settled = response.status;
      method = 'GET';
      body = undefined;
      headers = new Headers(headers);
      for (const name of [
        'content-type',
        'content-language',
        'content-encoding',
        'content-location',
        'idempotency-key',
      ]) {
        headers.delete(name);
      }
    }
    if (isElsewhere) headers = harmlessOf(headers);
    url = target.url;
  }
}

/** Reads an answer up to the limit; a declared length is not trusted. */
async function read(response: Response, url: URL, method: string, note: string | null): Promise<WebAnswer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isCut = false;
  const reader = response.body?.getReader();
  while (reader && !isCut) {
    // That it breaks off changes nothing about what it answers.
    const { done, value } = await reader.read().catch(() => {
      isCut = true;
      return { done: true, value: undefined };
    });
    if (done || value === undefined) break;
    const room = MAX_RESPONSE_BYTES - length;
    isCut = value.byteLength > room;
    chunks.push(isCut ? value.subarray(0, room) : value);
    length += Math.min(value.byteLength, room);
  }
  if (isCut) await reader?.cancel().catch(() => undefined);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  const { status, headers } = response;
  return { url, method, status, headers, bytes, isCut, note };
}
