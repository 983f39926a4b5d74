import { type Clock, systemClock } from './clock.ts';
import type { FollowItem } from './follow-item.ts';

const RETRY_MS = 2_000;
const HEARTBEAT_MS = 15_000;
/** What waits for a slow reader here. Behind it the follower stands still, and what it holds is bounded too. */
const BUFFER_BYTES = 16_384;

/** No proxy may cache, compress or gather a stream. `X-Accel-Buffering` is nginx's word for it. */
export const SSE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};

/**
 * Turns what a follower yields into server-sent events. Items are pulled only as fast as the client reads. When the
 * client leaves, or `options.signal` aborts, the signal given to `open` aborts and the follower ends with it.
 *
 * The heartbeat is more than courtesy: on Workers a client that closed cleanly is noticed at the next write only.
 *
 * @param open starts the follower; it must end when the signal aborts
 */
export function sseStream(
  open: (signal: AbortSignal) => AsyncGenerator<FollowItem, void>,
  options: { clock?: Clock; signal?: AbortSignal } = {},
): ReadableStream<Uint8Array> {
  const { clock = systemClock, signal } = options;
  const encoder = new TextEncoder();
  const over = new AbortController();
  const end = () => over.abort();
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();

  const items = open(over.signal);
  let next: Promise<IteratorResult<FollowItem, void>> | null = null;
  let wroteAtMs = clock.now();

  async function pull(controller: ReadableStreamDefaultController<Uint8Array>) {
    next ??= items.next();
    const result = await firstOf(next, clock, wroteAtMs + HEARTBEAT_MS - clock.now());
    wroteAtMs = clock.now();
    if (result === 'late') {
      controller.enqueue(encoder.encode(':\n\n'));
    } else if (result.done) {
      signal?.removeEventListener('abort', end);
      end();
      controller.close();
    } else {
      next = null;
      controller.enqueue(encoder.encode(encodeItem(result.value)));
    }
  }

  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`)),
      pull: (controller) =>
        pull(controller).catch((error) => {
          end();
          throw error;
        }),
      async cancel() {
        signal?.removeEventListener('abort', end);
        end();
        await items.return();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: BUFFER_BYTES }),
  );
}

/** One event on the wire. JSON has no raw line breaks, so `data` is one line. */
function encodeItem(item: FollowItem): string {
  if (item.kind === 'control') return `event: ${item.type}\ndata: ${JSON.stringify(item.data)}\n\n`;
  const { seq, type, data, speech, at } = item.event;
  return `event: ${type}\nid: ${item.id}\ndata: ${JSON.stringify({ seq, type, data, speech, at })}\n\n`;
}

async function firstOf<T>(promise: Promise<T>, clock: Clock, ms: number): Promise<T | 'late'> {
  const settled = new AbortController();
  const late = clock.sleep(ms, settled.signal).then(() => 'late' as const);
  try {
    return await Promise.race([promise, late]);
  } finally {
    settled.abort();
  }
}
