const LONGEST_WAIT_MS = 30_000;

/** How long to wait before the next try: what the server says, or longer each time and never the same for all. */
export const backoffMs = (failures: number, retryAfterMs?: number): number =>
  retryAfterMs ?? Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures) * (0.5 + Math.random() / 2);

/** @throws the signal's reason when it aborts */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const give = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', give);
      resolve();
    }, ms);
    signal?.addEventListener('abort', give, { once: true });
  });
}

/** A signal that aborts with another, or when nothing has been heard for so long. Written out, as phones lack `AbortSignal.any`. */
export function watchdog(ms: number, signal?: AbortSignal) {
  const over = new AbortController();
  const give = () => over.abort(signal?.reason);
  const bark = () => over.abort(new Error(`nothing was heard for ${ms} ms`));
  let timer = setTimeout(bark, ms);
  signal?.addEventListener('abort', give, { once: true });
  if (signal?.aborted) give();
  return {
    signal: over.signal,
    heard() {
      clearTimeout(timer);
      timer = setTimeout(bark, ms);
    },
    stop() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', give);
    },
    abort: () => over.abort(),
  };
}
