import { type ApiClient, ApiError } from '../../src/local/client/api.ts';
import type { Cloud } from '../support/cloud.ts';

/** How a connection ends: the server's side closes it, or it breaks. */
export type Cut = { afterBytes: number; how: 'closed' | 'broken' };

/** The API over connections of which each may be cut; `cutOf` is asked for the n-th, from 0. */
export function weakClient(
  { app }: Pick<Cloud, 'app'>,
  token: string,
  cutOf: (nth: number) => Cut | undefined,
): Pick<ApiClient, 'send'> {
  let count = 0;
  return {
    async send(method, path, { headers, signal } = {}) {
      const request = new Request(`https://cadence.test${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...headers },
        signal: signal ?? null,
      });
      const response = await app.fetch(request);
      if (!response.ok) throw new ApiError(`${method} ${path}`, response.status, await response.text());
      const cut = cutOf(count++);
      return cut && response.body ? new Response(cutShort(response.body, cut), response) : response;
    },
  };
}

/** As many bytes of a body as arrive before its connection ends. */
export function cutShort(body: ReadableStream<Uint8Array>, { afterBytes, how }: Cut): ReadableStream {
  const reader = body.getReader();
  let left = afterBytes;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (value) controller.enqueue(value.subarray(0, left));
      left -= value?.length ?? 0;
      if (!done && left > 0) return;
      if (done || how === 'closed') controller.close();
      else controller.error(new TypeError('terminated'));
      await reader.cancel();
    },
    cancel: () => reader.cancel(),
  });
}
