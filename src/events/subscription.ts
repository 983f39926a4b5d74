import type { LiveMessage, LiveSubscription } from './live.ts';
import { parseLiveMessage } from './live-message.ts';

/** Twice the size of the largest message that is published. A longer line means that this is not our channel. */
const MAX_LINE_LENGTH = 2_000_000;

/**
 * Subscribes to a channel of Upstash Redis over its REST protocol. Not through the SDK: its subscriber neither tells when
 * its stream ends nor reconnects, so a follower would wait for ever in silence.
 *
 * The stream has lines `data: subscribe,<channel>,1` and `data: message,<channel>,<payload>`. They are read one by one, as
 * the SDK does, and not as events closed by an empty line: an event that is still open would be held back.
 *
 * @param options.confirmWithinMs how long the confirmation may take before the subscription counts as failed
 */
export function openSubscription(options: {
  url: string;
  token: string;
  channel: string;
  signal: AbortSignal;
  confirmWithinMs: number;
  onFailure: (error: unknown) => void;
}): LiveSubscription {
  const { url, token, channel, signal, confirmWithinMs, onFailure } = options;
  const { promise: ready, resolve: settle } = Promise.withResolvers<boolean>();
  const unconfirmed = new AbortController();
  const patience = setTimeout(() => unconfirmed.abort(), confirmWithinMs);
  // Not AbortSignal.timeout: the deadline is for the confirmation, the stream itself may last for hours.
  const opened = fetch(`${url}/subscribe/${encodeURIComponent(channel)}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' },
    signal: AbortSignal.any([signal, unconfirmed.signal]),
  });

  async function* read(): AsyncGenerator<LiveMessage> {
    try {
      const response = await opened;
      if (!response.ok || !response.body)
        throw new Error(`Redis answered ${response.status} to a subscription.`);
      for await (const line of dataLines(response.body)) {
        if (line.startsWith(`subscribe,${channel},`)) {
          clearTimeout(patience);
          settle(true);
        } else if (line.startsWith(`message,${channel},`)) {
          const message = parseLiveMessage(line.slice(`message,${channel},`.length));
          if (message) yield message;
        }
      }
    } catch (error) {
      if (!signal.aborted) onFailure(error);
    } finally {
      clearTimeout(patience);
      settle(false);
    }
  }

  return { ready, messages: buffered(read()) };
}

/** Starts reading at once, so that `ready` settles before anybody asks for the first message. */
function buffered(source: AsyncGenerator<LiveMessage>): AsyncIterable<LiveMessage> {
  const first = source.next();
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for (let result = await first; !result.done; result = await source.next()) yield result.value;
      } finally {
        await source.return(undefined);
      }
    },
  };
}

async function* dataLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_LENGTH) throw new Error('A line of the subscription is too long.');
    for (const line of lines) {
      if (line.startsWith('data:')) yield line.slice('data:'.length).trim();
    }
  }
}
