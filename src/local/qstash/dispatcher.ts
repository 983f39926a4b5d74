import { callbackMessage } from './callbacks.ts';
import type { Clock, TimerHandle } from './clock.ts';
import { countPassage, decideAttempt, decidePassage } from './decide.ts';
import type { Fault, Faults } from './faults.ts';
import type { Log } from './log.ts';
import { noAnswer, send } from './send.ts';
import { newId, type Store } from './store.ts';
import type { Answer, CallbackTarget, Message } from './types.ts';

/** Timers of JavaScript end at 2^31 ms; waking up early costs nothing. */
const LONGEST_TIMER_MS = 2_000_000_000;
const REORDER_WAIT_MS = 1000;

/** One request that went out, as tests see it. `status` is 0 when no answer came back. */
export interface Delivery {
  messageId: string;
  url: string;
  retried: number;
  /** Epoch milliseconds of the start. */
  at: number;
  status: number;
}

interface Flight {
  message: Message;
  abort: AbortController;
  cancelRequested: boolean;
  done: Promise<void>;
}

interface Deps {
  store: Store;
  log: Log;
  clock: Clock;
  fetch: typeof fetch;
  faults: Faults;
  /** Called with each request that ended. */
  record(delivery: Delivery): void;
  /** Called when a callback message was made. */
  countCallback(): void;
  /** Called when something worth saving changed. */
  changed(): void;
  /** Publishes what schedules have due, and says when the next slot is. */
  fireSchedules(now: number): number;
}

/** Decides what goes out when: due times, queues, flow control, retries, callbacks and dead letters. */
export class Dispatcher {
  readonly #deps: Deps;
  readonly #flights = new Map<string, Flight>();
  /** Messages whose fault for the coming attempt has been asked for already. */
  readonly #faulted = new Set<string>();
  readonly #reordered = new Set<string>();
  #timer: TimerHandle | undefined;
  #closed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** How many calls have had no response yet, under one flow control key or altogether. */
  active(flowKey?: string): number {
    if (flowKey === undefined) return this.#flights.size;
    let count = 0;
    for (const { message } of this.#flights.values()) {
      if (message.delivery.flowControl?.key === flowKey) count++;
    }
    return count;
  }

  /** Takes a message in; `pump` starts it. */
  accept(message: Message): void {
    const { store, log, clock, changed } = this.#deps;
    if (message.delivery.flowControl) store.configureFlow(message.delivery.flowControl, clock.now());
    if (message.queueName) store.ensureQueue(message.queueName, clock.now());
    store.messages.set(message.messageId, message);
    log.add('CREATED', message, clock.now(), { nextDeliveryTime: message.notBefore });
    changed();
  }

  /** Stops a message. One that is on its way may still arrive, but it is not tried again. */
  cancel(message: Message): void {
    const { log, clock } = this.#deps;
    const flight = this.#flights.get(message.messageId);
    log.add('CANCEL_REQUESTED', message, clock.now());
    if (flight) {
      flight.cancelRequested = true;
      return;
    }
    log.add('CANCELED', message, clock.now());
    this.#remove(message, 'FAIL');
  }

  /** Starts everything that may start now, and sets the timer for what comes next. */
  pump(): void {
    if (this.#closed) return;
    const { store, clock } = this.#deps;
    const now = clock.now();
    let next = this.#deps.fireSchedules(now);
    const ahead = new Map<string, number>();
    for (const { blocksQueue } of store.messages.values()) {
      if (blocksQueue) ahead.set(blocksQueue, (ahead.get(blocksQueue) ?? 0) + 1);
    }
    for (const message of store.messages.values()) {
      const open = this.#queueIsOpen(message, ahead);
      if (!open || this.#flights.has(message.messageId)) continue;
      next = Math.min(next, this.#consider(message, now));
    }
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (next === Number.POSITIVE_INFINITY) return;
    this.#timer = clock.setTimeout(() => this.pump(), Math.min(LONGEST_TIMER_MS, Math.max(0, next - now)));
  }

  /** Resolves when no request is on its way. */
  async idle(): Promise<void> {
    while (this.#flights.size > 0) {
      await Promise.allSettled([...this.#flights.values()].map((flight) => flight.done));
    }
  }

  /** Abandons what is on its way; it stays pending. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== undefined) this.#deps.clock.clearTimeout(this.#timer);
    for (const flight of this.#flights.values()) flight.abort.abort();
    await this.idle();
  }

  /** FIFO: a message may go when fewer than `parallelism` of its queue are unfinished ahead of it. */
  #queueIsOpen(message: Message, ahead: Map<string, number>): boolean {
    const name = message.queueName;
    if (!name) return true;
    const position = ahead.get(name) ?? 0;
    ahead.set(name, position + 1);
    const queue = this.#deps.store.queues.get(name);
    return queue === undefined || (!queue.paused && position < queue.parallelism);
  }

  /** Starts a message or says when to look at it again; infinity means after something else happens. */
  #consider(message: Message, now: number): number {
    if (message.notBefore > now) return message.notBefore;
    const control = message.delivery.flowControl;
    const flow = control && this.#deps.store.flowKeys.get(control.key);
    const passage = flow ? decidePassage(flow, this.active(flow.key), now) : undefined;
    if (passage?.kind === 'closed') return Number.POSITIVE_INFINITY;
    if (passage?.kind === 'at') return passage.time;
    const fault = this.#fault(message);
    if (typeof fault === 'object') return this.#postpone(message, now + fault.delayMs);
    if (fault === 'reorder') {
      this.#reordered.add(message.messageId);
      return this.#postpone(message, now + REORDER_WAIT_MS);
    }
    this.#faulted.delete(message.messageId);
    if (fault === 'drop') {
      this.#remove(message, 'FAIL');
      return now;
    }
    if (flow) countPassage(flow, now);
    this.#start(message, fault);
    return Number.POSITIVE_INFINITY;
  }

  #fault(message: Message): Fault {
    if (this.#faulted.has(message.messageId)) return 'deliver';
    this.#faulted.add(message.messageId);
    return this.#deps.faults.onDelivery?.(message, message.retried) ?? 'deliver';
  }

  #postpone(message: Message, until: number): number {
    message.notBefore = until;
    return until;
  }

  #start(message: Message, fault: Fault): void {
    const { log, clock } = this.#deps;
    log.add('ACTIVE', message, clock.now());
    const abort = new AbortController();
    const flight: Flight = { message, abort, cancelRequested: false, done: Promise.resolve() };
    this.#flights.set(message.messageId, flight);
    flight.done = this.#fly(flight, fault);
    clock.track?.(flight.done);
  }

  async #fly(flight: Flight, fault: Fault): Promise<void> {
    const { message } = flight;
    const answer = await this.#attempt(message, fault, flight.abort.signal);
    this.#flights.delete(message.messageId);
    if (this.#closed) return;
    this.#land(flight, answer);
    for (const id of this.#reordered) {
      const waiting = this.#deps.store.messages.get(id);
      if (waiting) waiting.notBefore = Math.min(waiting.notBefore, this.#deps.clock.now());
    }
    this.#reordered.clear();
    this.#deps.changed();
    this.pump();
  }

  async #attempt(message: Message, fault: Fault, signal: AbortSignal): Promise<Answer> {
    const { clock, fetch, store, record } = this.#deps;
    if (fault === 'unreachable') return noAnswer('destination is unreachable');
    const sendOnce = async () => {
      const at = clock.now();
      const answer = await send(message, { clock, fetch, signingKey: store.keys.current, signal });
      record({
        messageId: message.messageId,
        url: message.url,
        retried: message.retried,
        at,
        status: answer.status,
      });
      return answer;
    };
    if (fault === 'duplicate') {
      const [answer] = await Promise.all([sendOnce(), sendOnce()]);
      return answer;
    }
    const answer = await sendOnce();
    return fault === 'answerLost' ? noAnswer('connection reset by peer') : answer;
  }

  #land(flight: Flight, answer: Answer): void {
    const { store, log, clock } = this.#deps;
    const { message } = flight;
    const now = clock.now();
    const verdict = decideAttempt(message, answer, now);
    const error = answer.error ?? `destination answered ${answer.status}`;
    if (verdict.kind !== 'delivered') log.add('ERROR', message, now, { error, answer });
    if (message.callback) this.#callBack(message.callback, message, answer);
    if (verdict.kind === 'delivered') {
      log.add('DELIVERED', message, now, { answer });
      this.#remove(message, 'SUCCESS');
    } else if (flight.cancelRequested) {
      log.add('CANCELED', message, now);
      this.#remove(message, 'FAIL');
    } else if (verdict.kind === 'retry') {
      message.retried++;
      message.notBefore = verdict.at;
      log.add('RETRY', message, now, { nextDeliveryTime: verdict.at });
    } else {
      log.add('FAILED', message, now, { error, answer });
      const dlqId = `${now}-${store.nextSequence()}`;
      store.deadLetters.set(dlqId, { dlqId, message, failedAt: now, answer });
      this.#remove(message, 'FAIL');
      if (message.failureCallback) this.#callBack(message.failureCallback, message, answer, dlqId);
    }
  }

  #callBack(target: CallbackTarget, source: Message, answer: Answer, dlqId?: string): void {
    const { store, clock } = this.#deps;
    const identity = { messageId: newId('msg_'), sequence: store.nextSequence(), now: clock.now(), dlqId };
    this.accept(callbackMessage(target, source, answer, identity));
    this.#deps.countCallback();
  }

  #remove(message: Message, outcome: 'SUCCESS' | 'FAIL'): void {
    const { store, changed } = this.#deps;
    store.messages.delete(message.messageId);
    this.#faulted.delete(message.messageId);
    const states = message.scheduleId ? store.schedules.get(message.scheduleId)?.lastStates : undefined;
    if (states && message.messageId in states) states[message.messageId] = outcome;
    changed();
  }
}
