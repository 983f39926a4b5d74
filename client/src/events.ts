import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { CadenceError } from './errors.ts';
import type { AttemptReset, Event, Gap, MessageDelta } from './generated.ts';
import { isPassing, type Transport } from './transport.ts';
import { backoffMs, wait, watchdog } from './wait.ts';

/** What happens, in order. An event has an `id` to come back to; text as it is written, and what is said of it, has none. */
export type Followed =
  | (Event & { id: string })
  | { type: 'message.delta'; id?: undefined; data: MessageDelta }
  | { type: 'attempt.reset'; id?: undefined; data: AttemptReset }
  /** Events that are no longer kept were missed. */
  | { type: 'gap'; id?: undefined; data: Gap };

export interface FollowOptions {
  /** Begins behind this event. */
  after?: string;
  signal?: AbortSignal;
  /** How long the stream may be gone before following it fails, in milliseconds; for ever unless given. */
  patienceMs?: number;
  /** Told each time before the stream is taken up again, with the reason, if there was one. */
  onReconnect?: (reason: unknown) => void;
}

const LAST: readonly string[] = ['run.completed', 'run.failed', 'run.cancelled'];

/**
 * Follows a run to its end, or an agent through its runs. A stream that breaks off or falls silent is taken up again behind the
 * last event that was seen; nothing is missed and nothing comes twice.
 */
export async function* follow(
  transport: Transport,
  path: string,
  { after, signal, patienceMs = Number.POSITIVE_INFINITY, onReconnect }: FollowOptions,
): AsyncGenerator<Followed, void> {
  const seen = new Map<string, number>();
  let cursor = after;
  let failures = 0;
  let goneSince: number | undefined;
  for (;;) {
    let reason: unknown;
    try {
      for await (const message of connect(transport, path, cursor, signal)) {
        failures = 0;
        goneSince = undefined;
        if (message === 'end') return;
        const item = read(message);
        if (item.type === 'auth.expired') {
          // Only a fresh token opens the next stream.
          await transport.session.renew(transport.session.current()?.accessToken ?? '');
          break;
        }
        if (item.type === 'gap') cursor = item.data.resumedAfter ?? cursor;
        if (item.id !== undefined) {
          if (isRepeated(seen, item.id)) continue;
          cursor = item.id;
        }
        yield item;
        if (LAST.includes(item.type) && path.includes('/runs/')) return;
      }
    } catch (error) {
      if (signal?.aborted || !isPassing(error)) throw error;
      goneSince ??= Date.now();
      if (Date.now() - goneSince > patienceMs) throw error;
      reason = error;
    }
    const pauseMs = backoffMs(failures, reason instanceof CadenceError ? reason.retryAfterMs : undefined);
    failures += 1;
    await wait(pauseMs, signal);
    onReconnect?.(reason);
  }
}

/** One connection. `end` is the server's word that nothing will come any more. */
async function* connect(
  { once, timeoutMs }: Transport,
  address: string,
  cursor: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<EventSourceMessage | 'end', void> {
  // The server sends something every 15 s: a connection that is silent for longer is dead, whatever the phone believes.
  const dog = watchdog(timeoutMs, signal);
  try {
    const response = await once({
      method: 'GET',
      address,
      needsToken: true,
      accept: 'text/event-stream',
      headers: cursor === undefined ? {} : { 'last-event-id': cursor },
      signal: dog.signal,
    });
    if (response.status === 204) {
      yield 'end';
      return;
    }
    if (!response.body)
      throw new Error('This fetch cannot stream. In React Native use the one of expo/fetch.');
    const reader = response.body.getReader();
    // Not every fetch ends a body when its signal aborts.
    dog.signal.addEventListener('abort', () => void reader.cancel().catch(() => undefined), { once: true });
    const decoder = new TextDecoder();
    const messages: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: (message) => messages.push(message) });
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      dog.heard();
      parser.feed(decoder.decode(value, { stream: true }));
      yield* messages.splice(0);
    }
  } finally {
    dog.stop();
    dog.abort();
  }
}

type Item = Followed | { type: 'auth.expired'; id?: undefined; data: unknown };

/** An Event names its type itself; of the others the stream does. */
function read({ event: type = 'message', id, data }: EventSourceMessage): Item {
  const body = JSON.parse(data);
  const item = id === undefined ? { type, data: body } : { ...body, id };
  // The server keeps its contract, as its own tests see to; a type that this client does not know yet comes through as well.
  return item as Item;
}

/** Whether an event came before. Its id ends with its number in the run, which is what stands before it, or the only one. */
function isRepeated(seen: Map<string, number>, id: string): boolean {
  const dot = id.lastIndexOf('.');
  const [run, seq] = [id.slice(0, Math.max(dot, 0)), Number(id.slice(dot + 1))];
  if (seq <= (seen.get(run) ?? 0)) return true;
  seen.set(run, seq);
  return false;
}
