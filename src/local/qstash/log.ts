import type { Answer, LogEntry, Message, State } from './types.ts';

const KEPT_ENTRIES = 10_000;

/** What happened to messages, newest last. In memory only, the oldest entries are forgotten. */
export class Log {
  readonly #entries: LogEntry[] = [];
  #position = 0;

  add(
    state: State,
    message: Message,
    time: number,
    more: { error?: string; answer?: Answer; nextDeliveryTime?: number } = {},
  ): void {
    this.#entries.push({ position: ++this.#position, time, state, message, ...more });
    if (this.#entries.length > KEPT_ENTRIES * 2) this.#entries.splice(0, KEPT_ENTRIES);
  }

  newestFirst(): LogEntry[] {
    return this.#entries.toReversed();
  }
}
