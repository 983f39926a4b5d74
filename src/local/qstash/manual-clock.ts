import type { Clock, TimerHandle } from './clock.ts';

interface Timer {
  id: number;
  at: number;
  fn: () => void;
}

/** Enough turns of the event loop for an in-process handler without real waiting to have answered. */
const TURNS_WITHOUT_SETTLING = 20;

/**
 * A clock that stands still until a test moves it.
 *
 * It starts at the real time unless told otherwise, because `Receiver.verify` of the official client reads the
 * real time: a delivery signed in the past by more than five minutes is refused as expired.
 */
export class ManualClock implements Clock {
  #now: number;
  #nextId = 1;
  readonly #timers = new Map<number, Timer>();
  readonly #work = new Set<Promise<unknown>>();

  constructor(startMs: number = Date.now()) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(fn: () => void, ms: number): TimerHandle {
    const id = this.#nextId++;
    this.#timers.set(id, { id, at: this.#now + Math.max(0, ms), fn });
    return id;
  }

  clearTimeout(handle: TimerHandle): void {
    if (typeof handle === 'number') this.#timers.delete(handle);
  }

  track(work: Promise<unknown>): void {
    this.#work.add(work);
    const done = () => this.#work.delete(work);
    work.then(done, done);
  }

  /**
   * Moves time forward by `ms`, running the timers that fall due in their order. Deliveries under way are waited
   * for before each of them and at the end.
   *
   * @param options.settle false when a test holds a delivery open on purpose: then the event loop only gets a few
   * turns after each timer, instead of the wait that would never end
   */
  async advance(ms: number, options: { settle?: boolean } = {}): Promise<void> {
    const settle = options.settle ?? true;
    const target = this.#now + ms;
    await this.#quiet(settle);
    for (let timer = this.#earliest(target); timer; timer = this.#earliest(target)) {
      this.#timers.delete(timer.id);
      this.#now = Math.max(this.#now, timer.at);
      timer.fn();
      await this.#quiet(settle);
    }
    this.#now = target;
  }

  #earliest(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (timer.at <= until && (!first || timer.at < first.at)) first = timer;
    }
    return first;
  }

  async #quiet(settle: boolean): Promise<void> {
    if (!settle) {
      for (let turn = 0; turn < TURNS_WITHOUT_SETTLING; turn++) await new Promise(setImmediate);
      return;
    }
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }
}
