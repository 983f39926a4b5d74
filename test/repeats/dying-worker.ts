import type { FetchRouter } from '../support/fetch-router.ts';

/**
 * Lets the worker of this act die when so many of its outgoing requests have taken effect: after one of them and before the next is
 * the same moment to everybody else. A dead one does nothing more: it hangs for ever, and whoever waits for it hears nothing.
 *
 * @returns what the act came to, or null when its worker died
 */
export async function dying<T>(
  fetches: FetchRouter,
  requests: number,
  act: () => Promise<T>,
): Promise<T | null> {
  let sent = 0;
  const death = Promise.withResolvers<null>();
  fetches.intercept = async (_service, _request, send) => {
    sent += 1;
    if (sent < requests) return send();
    if (sent === requests) await send();
    death.resolve(null);
    return new Promise(() => {});
  };
  const ended = await Promise.race([act(), death.promise]);
  fetches.intercept = (_service, _request, send) => send();
  return ended;
}
