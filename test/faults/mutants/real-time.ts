/** How much a process may compute while virtual time stands still. A whole run takes a second or two. */
const PATIENCE_MS = 15_000;
const LOOK_EVERY_MS = 1_000;

/**
 * Keeps hold of the timers of a process whose time is about to become virtual. The function it gives tells of a run that does
 * work for ever without time passing, which virtual time cannot show. It counts the time of the processor, of which a busy
 * machine gives as much to each run as an idle one.
 */
export function boundInRealTime() {
  const { setInterval, clearInterval } = globalThis;
  const spentMs = () => process.cpuUsage().user / 1000;
  return async <T>(work: Promise<T>): Promise<T | 'endless'> => {
    let timer: ReturnType<typeof setInterval> | undefined;
    const endless = new Promise<'endless'>((resolve) => {
      let seen = { atMs: Date.now(), spentMs: spentMs() };
      timer = setInterval(() => {
        if (Date.now() !== seen.atMs) seen = { atMs: Date.now(), spentMs: spentMs() };
        else if (spentMs() - seen.spentMs > PATIENCE_MS) resolve('endless');
      }, LOOK_EVERY_MS);
    });
    return Promise.race([work, endless]).finally(() => clearInterval(timer));
  };
}
