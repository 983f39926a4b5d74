import { AsyncLocalStorage } from 'node:async_hooks';
import { type Actor, asNobody, currentActor } from './actors.ts';
import { installInstantCrypto } from './instant-crypto.ts';
import { InstantGunzip } from './instant-gunzip.ts';

/** Turns of the event loop in which nothing is under way, after which only time can bring something about. */
const QUIET_TURNS = 8;

interface Timer {
  atMs: number;
  /** Timers due at the same time fire in the order in which they were set. */
  order: number;
  everyMs: number | null;
  fire: () => void;
  actor: Actor | undefined;
}

/**
 * Time for a whole process: `Date`, timers and `AbortSignal.timeout` stand still until `run` lets the next timer come due.
 * It does so only when nothing else can happen, so a simulated hour costs what happens in it, and the same happens each time.
 */
export interface VirtualTime {
  now(): number;
  /** Resolves after so much virtual time. */
  sleep(ms: number): Promise<void>;
  /** Time stands still until this is done: work that takes turns of the event loop but no time. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when nothing more can happen without time passing. */
  settle(): Promise<void>;
  /** Lets time pass until the condition holds, at most up to a time; gives whether it came to hold. */
  run(until: () => boolean, limitMs: () => number): Promise<boolean>;
  /**
   * A `fetch` that is done with its deadline when it has answered, as most are by far: else each would have to come due. The
   * deadline of a signal that is used again goes on. For answers whose bodies are at hand.
   */
  withoutDeadlines(fetch: typeof globalThis.fetch): typeof globalThis.fetch;
  restore(): void;
}

export function installVirtualTime(startMs: number): VirtualTime {
  const real = {
    Date: globalThis.Date,
    DecompressionStream: globalThis.DecompressionStream,
    setTimeout: globalThis.setTimeout,
    setInterval: globalThis.setInterval,
    clearTimeout: globalThis.clearTimeout,
    clearInterval: globalThis.clearInterval,
  };
  const realTimeout = AbortSignal.timeout;
  const timers = new Set<Timer>();
  const deadlines = new WeakMap<AbortSignal, Timer>();
  let nowMs = startMs;
  let order = 0;
  let underWay = 0;
  let onIdle: (() => void) | undefined;

  const track = <T>(work: Promise<T>): Promise<T> => {
    underWay += 1;
    return work.finally(() => {
      underWay -= 1;
      if (underWay === 0) onIdle?.();
    });
  };

  const set = (callback: () => void, ms: number, everyMs: number | null) => {
    const actor = currentActor();
    order += 1;
    const timer: Timer = { atMs: nowMs + Math.max(0, ms || 0), order, everyMs, fire: callback, actor };
    if (actor) timer.fire = AsyncLocalStorage.bind(callback);
    timers.add(timer);
    return Object.assign(timer, { ref: () => timer, unref: () => timer, hasRef: () => true });
  };
  const clear = (timer: Timer | undefined) => {
    if (timer) timers.delete(timer);
  };

  const settle = async () => {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      // Another thread may be at it, which turning round and round would only keep from the core.
      if (underWay > 0) {
        await new Promise<void>((resolve) => {
          onIdle = resolve;
        });
        quiet = 0;
      }
      await new Promise((resolve) => setImmediate(resolve));
      quiet = underWay === 0 ? quiet + 1 : 0;
    }
  };

  /** The next one to fire; those of the dead are forgotten. */
  const next = (): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (timer.actor?.dead) {
        timers.delete(timer);
        continue;
      }
      if (!first || isBefore(timer, first)) first = timer;
    }
    return first;
  };

  class VirtualDate extends real.Date {
    constructor(...given: ConstructorParameters<typeof Date> | []) {
      if (given.length === 0) super(nowMs);
      else super(...given);
    }
    static override now(): number {
      return nowMs;
    }
    static override [Symbol.hasInstance](value: unknown): boolean {
      return Object.prototype.toString.call(value) === '[object Date]';
    }
  }

  const restoreCrypto = installInstantCrypto(track);
  Object.assign(globalThis, {
    Date: VirtualDate,
    DecompressionStream: InstantGunzip,
    setTimeout: (fn: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
      set(() => fn(...args), ms, null),
    setInterval: (fn: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
      set(() => fn(...args), ms, Math.max(1, ms)),
    clearTimeout: clear,
    clearInterval: clear,
  });
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    const abort = () => controller.abort(new DOMException('The operation timed out.', 'TimeoutError'));
    deadlines.set(controller.signal, set(abort, ms, null));
    return controller.signal;
  };

  return {
    now: () => nowMs,
    sleep: (ms) => new Promise((resolve) => void asNobody(() => set(resolve, ms, null))),
    track,
    settle,
    async run(until, limitMs) {
      for (;;) {
        await settle();
        if (until()) return true;
        const timer = next();
        if (!timer || dueAtMs(timer) > limitMs()) return false;
        nowMs = Math.max(nowMs, dueAtMs(timer));
        if (timer.everyMs === null) timers.delete(timer);
        else timer.atMs = nowMs + timer.everyMs;
        timer.fire();
      }
    },
    withoutDeadlines: (fetch) => async (input, init) => {
      const deadline = init?.signal ? deadlines.get(init.signal) : undefined;
      if (!deadline || init?.signal?.aborted) return fetch(input, init);
      timers.add(deadline);
      const response = await fetch(input, init);
      timers.delete(deadline);
      return response;
    },
    restore() {
      restoreCrypto();
      Object.assign(globalThis, real);
      AbortSignal.timeout = realTimeout;
    },
  };
}

/** The timers of a frozen actor wait until it goes on. */
const dueAtMs = ({ atMs, actor }: Timer): number => Math.max(atMs, actor?.frozenUntilMs ?? 0);

const isBefore = (one: Timer, other: Timer): boolean =>
  dueAtMs(one) < dueAtMs(other) || (dueAtMs(one) === dueAtMs(other) && one.order < other.order);
