/** A service reached through `fetch`, known by its origin. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** One request that left the product, as it was answered. `status` 0 means that it got no answer. */
interface Outgoing {
  service: string;
  method: string;
  path: string;
  requestBytes: number;
  status: number;
}

export interface FetchRouter {
  /** Every outgoing request so far, oldest first. */
  readonly log: Outgoing[];
  /** Stands between the product and the services: throw, delay, or let it through. Tests and faults enter here. */
  intercept: (service: string, request: Request, send: () => Promise<Response>) => Promise<Response>;
  /** The body of a request, which stays unread. */
  textOf(request: Request): Promise<string>;
  restore(): void;
}

/**
 * Replaces the global `fetch`: what was expected is answered by a handler, everything else throws. This is the only seam
 * of the product, so no module of ours is ever mocked.
 *
 * @param services handlers by name and origin (`http://neon.local`)
 */
export function routeFetch(services: Record<string, { origin: string; handle: Handler }>): FetchRouter {
  const original = globalThis.fetch;
  const texts = new WeakMap<Request, string>();
  const router: FetchRouter = {
    log: [],
    textOf: async (request) => texts.get(request) ?? request.clone().text(),
    intercept: (_service, _request, send) => send(),
    restore: () => {
      globalThis.fetch = original;
    },
  };
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (typeof init?.body === 'string') texts.set(request, init.body);
    const url = new URL(request.url);
    const found = Object.entries(services).find(([, { origin }]) => origin === url.origin);
    if (!found) throw new TypeError(`nobody expected a request to ${url.origin}${url.pathname}`);
    const [service, { handle }] = found;
    const entry: Outgoing = {
      service,
      method: request.method,
      path: url.pathname,
      requestBytes: await bytesOf(init?.body, request),
      status: 0,
    };
    router.log.push(entry);
    request.signal.throwIfAborted();
    const response = await router.intercept(service, request, async () =>
      untilAborted(request, handle(request)),
    );
    entry.status = response.status;
    return response;
  };
  return router;
}

/** Counted without reading a text that is at hand, because copies of requests are dear. */
async function bytesOf(body: RequestInit['body'], request: Request): Promise<number> {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (ArrayBuffer.isView(body)) return body.byteLength;
  return request.body === null ? 0 : (await request.clone().arrayBuffer()).byteLength;
}

/** A real `fetch` rejects as soon as its signal aborts, whatever the service is doing. */
function untilAborted(request: Request, answer: Response | Promise<Response>): Promise<Response> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(request.signal.reason);
    request.signal.addEventListener('abort', abort, { once: true });
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => request.signal.removeEventListener('abort', abort));
  });
}
