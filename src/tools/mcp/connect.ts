import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Fetch } from '../../github/send.ts';
import { checkWebAddress } from '../web-address.ts';

/** The most that is read of all answers of one connection, unpacked. */
const MAX_BYTES = 1_000_000;

/** Where a server is and what goes along with each request to it. */
export interface RemoteServer {
  url: string;
  headers: Readonly<Record<string, string>>;
}

export interface Connection {
  client: Client;
  /** Its answers were longer than is read. */
  isOverlong(): boolean;
}

/** A session with the server could not be begun: nothing that has an effect was sent. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected';
}

/** What servers answer is not held to their own schemas. The SDK's validator writes code at run time, which workerd forbids. */
const NEVER_ASKED = {
  getValidator: () => () => ({ valid: false as const, data: undefined, errorMessage: 'never asked' }),
};

/**
 * Opens a session with a remote server, with the client of the official SDK over our `fetch`, for one thing. The address is checked before each
 * request, no redirect leaves it, and what is read and how long it takes are bounded.
 *
 * @throws {NotConnected} when the session could not be begun; what `use` throws
 */
export async function withServer<Result>(
  fetch: Fetch,
  { url, headers }: RemoteServer,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
  use: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const [{ Client }, { StreamableHTTPClientTransport }] = await Promise.all([
    import('@modelcontextprotocol/sdk/client/index.js'),
    import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
  ]);
  const over = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const reading = { bytes: 0 };
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { ...headers } },
    fetch: (address, init) => boundedFetch(fetch, String(address), init ?? {}, over, reading),
  });
  const client = new Client({ name: 'cadence', version: '1.0.0' }, { jsonSchemaValidator: NEVER_ASKED });
  try {
    await client.connect(transport, { timeout: timeoutMs, signal: over }).catch((error: unknown) => {
      throw new NotConnected('The session could not be begun.', { cause: error });
    });
    return await use({ client, isOverlong: () => reading.bytes > MAX_BYTES });
  } finally {
    await transport.terminateSession().catch(() => undefined);
    await client.close().catch(() => undefined);
  }
}

async function boundedFetch(
  fetch: Fetch,
  address: string,
  init: RequestInit,
  over: AbortSignal,
  reading: { bytes: number },
): Promise<Response> {
  // Nobody here listens for what a server says unasked, or takes up a stream that broke.
  if (init.method === 'GET') return new Response(null, { status: 405 });
  const checked = checkWebAddress(address);
  if (!checked.ok) throw new TypeError(`the address ${checked.reason}`);
  const signal = init.signal ? AbortSignal.any([over, init.signal]) : over;
  const response = await fetch(new Request(checked.url.href, { ...init, redirect: 'manual', signal }));
  if (response.body === null) return response;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      reading.bytes += chunk.byteLength;
      if (reading.bytes > MAX_BYTES) controller.error(new Error('the answer is too long'));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(counted), { status, statusText, headers });
}
