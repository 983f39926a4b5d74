import type { Backend } from './backend.ts';
import type { Command, Reply } from './resp.ts';
import { openWire } from './wire.ts';

/** An open stream of `/subscribe`, `/psubscribe` or `/monitor`. */
export interface EventStream {
  response: Response;
  /** Ends the stream as the service does when it is deployed anew: cleanly, without a word. */
  drop(): void;
}

/**
 * Follows channels, patterns or all commands as server-sent events, on a connection of its own.
 *
 * Lines are `data: subscribe,<channel>,<count>`, `data: message,<channel>,<payload>`,
 * `data: pmessage,<pattern>,<channel>,<payload>`, and for MONITOR what Redis says.
 *
 * @param signal of the request; when it aborts, the stream ends
 * @param onEnd called when the stream is over, whoever ended it; more than once at times
 */
export function openStream(
  backend: Backend,
  command: Command,
  signal: AbortSignal,
  onEnd: (stream: EventStream) => void,
): EventStream {
  const encoder = new TextEncoder();
  let events: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      events = controller;
    },
    cancel() {
      events = undefined;
      end();
    },
  });
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
  const stream: EventStream = { response: new Response(body, { headers }), drop: end };
  const wire = openWire(
    backend,
    (reply) => events?.enqueue(encoder.encode(`data: ${eventData(reply)}\n\n`)),
    end,
  );
  wire.write([command]);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  return stream;

  // Whoever ends it first: the client, `drop`, or Redis. What follows from that comes here again and finds nothing.
  function end(): void {
    signal.removeEventListener('abort', end);
    events?.close();
    events = undefined;
    wire.destroy();
    onEnd(stream);
  }
}

function eventData(reply: Reply): string {
  switch (reply.kind) {
    case 'array':
      return reply.items.map(eventData).join(',');
    case 'status':
      return reply.text === 'OK' ? '"OK"' : reply.text;
    case 'error':
      return reply.text;
    case 'integer':
      return String(reply.value);
    case 'bulk':
      return reply.bytes.toString('utf8');
    case 'null':
      return '';
  }
}
