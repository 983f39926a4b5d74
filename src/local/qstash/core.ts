import type { Clock } from './clock.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Log } from './log.ts';
import type { Store } from './store.ts';

/** How many messages there were since the start of the process; the service bills most of them. */
export interface Counts {
  /** Accepted from a publish, an enqueue, a batch or a retried dead letter. */
  published: number;
  /** Refused as repeats within the deduplication window. */
  deduplicated: number;
  /** Made by schedules. */
  scheduled: number;
  /** Made to call back. */
  callbacks: number;
  /** Requests that went out, retries and duplicates included. */
  deliveries: number;
}

/** What the routes work on. */
export interface Core {
  store: Store;
  log: Log;
  clock: Clock;
  dispatcher: Dispatcher;
  counts: Counts;
  /** Asks for a save of the state. */
  changed(): void;
}
