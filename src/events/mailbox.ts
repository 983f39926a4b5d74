import type { Clock } from './clock.ts';
import type { LiveFeed, LiveMessage } from './live.ts';

/** How much may wait for a slow reader before it is thrown away and read from Postgres instead. */
const MAX_MESSAGES = 1_000;
const MAX_TEXT = 2_000_000;
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 30_000;
/** A subscription that lasted this long was a good one: the next is tried soon. */
const GOOD_AFTER_MS = 30_000;

/** What reaches a follower without its asking: live messages, and whether they can come at all. */
export interface Mailbox {
  take(): LiveMessage | undefined;
  isConnected(): boolean;
  /** Whether messages may have been lost: the subscription began or ended, or the reader was too slow. */
  hasLoss(): boolean;
  /** Whether it has; and forgets it, because the caller now reads Postgres. */
  takeLoss(): boolean;
  /** Waits for news, for so long at most. */
  wait(ms: number): Promise<void>;
}

/**
 * Subscribes to an agent's channel, again with growing pauses whenever the subscription ends, and gathers what comes.
 * Ends with the signal.
 */
export function openMailbox(
  live: Pick<LiveFeed, 'subscribe'>,
  agentId: string,
  clock: Clock,
  signal: AbortSignal,
): Mailbox {
  const messages: { message: LiveMessage; size: number }[] = [];
  let size = 0;
  let connected = false;
  let lost = false;
  let waiting = new AbortController();
  const wake = () => waiting.abort();
  signal.addEventListener('abort', wake, { once: true });

  function change(isConnected: boolean) {
    connected = isConnected;
    lost = true;
    wake();
  }

  function put(message: LiveMessage) {
    const length = sizeOf(message);
    if (messages.length >= MAX_MESSAGES || size + length > MAX_TEXT) {
      messages.length = 0;
      size = 0;
      lost = true;
    }
    messages.push({ message, size: length });
    size += length;
    wake();
  }

  async function keepSubscribed() {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!signal.aborted) {
      const since = clock.now();
      let over = false;
      try {
        const { ready, messages: incoming } = live.subscribe(agentId, signal);
        void ready.then((confirmed) => {
          if (confirmed && !over) change(true);
        });
        for await (const message of incoming) put(message);
      } catch {
        // The port reports failures itself; to a follower they are the end of a subscription.
      }
      over = true;
      const wasGood = connected && clock.now() - since >= GOOD_AFTER_MS;
      if (connected) change(false);
      backoffMs = wasGood ? FIRST_BACKOFF_MS : backoffMs;
      await clock.sleep(backoffMs, signal);
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    }
  }
  void keepSubscribed();

  return {
    take() {
      const next = messages.shift();
      size -= next?.size ?? 0;
      return next?.message;
    },
    isConnected: () => connected,
    hasLoss: () => lost,
    takeLoss() {
      const answer = lost;
      lost = false;
      return answer;
    },
    async wait(ms) {
      if (messages.length > 0 || signal.aborted) return;
      waiting = new AbortController();
      await clock.sleep(ms, waiting.signal);
    },
  };
}

/** Roughly the characters a message holds in memory. */
function sizeOf(message: LiveMessage): number {
  if (message.kind === 'recheck') return 100;
  if (message.kind === 'delta') return message.delta.text.length + 100;
  return message.events.reduce((sum, event) => sum + JSON.stringify(event.data).length + 200, 100);
}
