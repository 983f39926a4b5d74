/** What a timer is cancelled by. */
export type TimerHandle = ReturnType<typeof setTimeout> | number;

/** Time as the stand-in sees it, in milliseconds since 1970. Tests bring their own; see `manual-clock.ts`. */
export interface Clock {
  now(): number;
  setTimeout(fn: () => void, ms: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
  /** Told of every delivery, so that a clock moved by hand can wait for what it caused. */
  track?(work: Promise<unknown>): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (handle) => clearTimeout(handle),
};
