/** A caller's use of the primary limit in the current hour. */
export interface RateUse {
  limit: number;
  used: number;
  remaining: number;
  /** Seconds since 1970 at which the hour is over. */
  resetSeconds: number;
}

const windowSeconds = 3600;

/** Counts requests per caller in windows of an hour that begin with the first request. Kept in memory only. */
export function createRateLimiter(nowMs: () => number) {
  const windows = new Map<string, { used: number; resetSeconds: number }>();
  const current = (caller: string) => {
    const nowSeconds = Math.floor(nowMs() / 1000);
    const known = windows.get(caller);
    if (known && known.resetSeconds > nowSeconds) return known;
    const fresh = { used: 0, resetSeconds: nowSeconds + windowSeconds };
    windows.set(caller, fresh);
    return fresh;
  };
  const use = (caller: string, limit: number): RateUse => {
    const { used, resetSeconds } = current(caller);
    return { limit, used, remaining: limit - used, resetSeconds };
  };
  return {
    use,
    /** Counts a request; undefined when none is left, and then nothing is counted. */
    take(caller: string, limit: number): RateUse | undefined {
      const window = current(caller);
      if (window.used >= limit) return undefined;
      window.used += 1;
      return use(caller, limit);
    },
    /** Takes back a request that turned out to cost nothing. */
    refund(caller: string, limit: number): RateUse {
      current(caller).used -= 1;
      return use(caller, limit);
    },
  };
}
