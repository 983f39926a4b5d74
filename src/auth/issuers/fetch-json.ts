import type { Fetch } from '../../github/send.ts';
import { isTrustedUrl } from './config.ts';

/** No answer of an issuer is waited for longer, its body included. */
export const FETCH_TIMEOUT_MS = 5_000;
/** A set of keys has a few kilobytes. */
const MOST_BYTES = 128 * 1024;

/**
 * Fetches a small JSON document. A redirect is not followed: it could lead to where nobody has vouched for.
 *
 * @throws when it does not come whole, in time and as JSON
 */
export async function fetchJson(fetch: Fetch, url: string): Promise<unknown> {
  if (!isTrustedUrl(url)) throw new Error(`${url} is not an address starting with https://`);
  const response = await fetch(
    new Request(url, {
      headers: { accept: 'application/json', 'user-agent': 'cadence' },
      redirect: 'manual',
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    }),
  );
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status}`);
  }
  return JSON.parse(await readCapped(response.body, url));
}

async function readCapped(body: ReadableStream<Uint8Array>, url: string): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  // Leaving the loop early cancels the body.
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new Error(`${url} answered with more than ${MOST_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
