import type { Clock } from './clock.ts';

interface Sleeper {
  atMs: number;
  wake: () => void;
}

/** A clock that stands still until it is told to go on. For tests. */
export interface ManualClock extends Clock {
  /** Moves time on, waking sleepers in their order, and lets what they woke run before the next one. */
  advance(ms: number): Promise<void>;
  /** Lets everything run that can without time passing. */
  settle(): Promise<void>;
  /** How many sleepers there are: timers that somebody left behind show here. */
  sleeping(): number;
}

export function createManualClock(startMs = 1_000_000): ManualClock {
  let nowMs = startMs;
  let sleepers: Sleeper[] = [];
  const settle = async () => {
    // Streams hand on over several microtasks each; a turn of the macrotask queue lets all of them through.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper: Sleeper = {
          atMs: nowMs + Math.max(0, ms),
          wake: () => {
            sleepers = sleepers.filter((other) => other !== sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settle();
      for (;;) {
        const next = sleepers.toSorted((a, b) => a.atMs - b.atMs)[0];
        if (!next || next.atMs > untilMs) break;
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
        await settle();
      }
      nowMs = untilMs;
    },
    settle,
    sleeping: () => sleepers.length,
  };
}
