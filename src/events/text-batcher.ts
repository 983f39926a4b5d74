import { type Clock, systemClock } from './clock.ts';

/** At most ten flushes a second. */
const MIN_INTERVAL_MS = 100;
/** At least one in half a second, with or without text, because its answer carries the cancel flag. */
const MAX_INTERVAL_MS = 500;
/** How long the end of a model call waits for followers to get the last words; the commit brings the whole text anyway. */
const END_PATIENCE_MS = 500;

/** A piece of text and its place, in UTF-16 units from the start of the attempt. */
export interface TextPiece {
  from: number;
  text: string;
}

export interface TextBatcher {
  /** Takes text that the model streamed. Never waits. */
  add(text: string): void;
  /** Flushes the rest at once and stops. Waits half a second at most; never throws. */
  end(): Promise<void>;
}

/**
 * Batches the text of one model call, because one Redis command per token costs twenty times the queue. One flush is in
 * flight at a time and text gathers meanwhile, so a slow Redis makes pieces larger, not the model slower. A piece whose
 * flush failed is sent again with the next one: followers cut overlaps by `from`.
 *
 * @param options.flush answers whether a cancel was requested, or null when the piece may not have arrived
 * @param options.onCancel called once, at the first flush that answers true
 */
export function createTextBatcher(options: {
  flush: (piece: TextPiece) => Promise<boolean | null>;
  onCancel: () => void;
  clock?: Clock;
}): TextBatcher {
  const { flush, onCancel, clock = systemClock } = options;
  let from = 0;
  let unsent = '';
  let failed = false;
  let cancelled = false;
  let flushedAt = clock.now();
  let ended = false;
  let idle = new AbortController();

  async function flushOnce() {
    const piece = { from, text: unsent };
    flushedAt = clock.now();
    const cancel = await flush(piece).catch(() => null);
    failed = cancel === null;
    if (!failed) {
      from += piece.text.length;
      unsent = unsent.slice(piece.text.length);
    }
    if (cancel && !cancelled) {
      cancelled = true;
      onCancel();
    }
  }

  async function run() {
    while (!ended) {
      // After a failure the next flush may be as large and as slow: no hurry.
      const interval = unsent !== '' && !failed ? MIN_INTERVAL_MS : MAX_INTERVAL_MS;
      const waitMs = flushedAt + interval - clock.now();
      if (waitMs <= 0) {
        await flushOnce();
      } else {
        idle = new AbortController();
        await clock.sleep(waitMs, idle.signal);
      }
    }
    if (unsent !== '' && !failed) await flushOnce();
  }
  const running = run();

  return {
    add(text) {
      if (unsent === '' && !failed) idle.abort();
      unsent += text;
    },
    async end() {
      ended = true;
      idle.abort();
      const patience = new AbortController();
      await Promise.race([running, clock.sleep(END_PATIENCE_MS, patience.signal)]);
      patience.abort();
    },
  };
}
