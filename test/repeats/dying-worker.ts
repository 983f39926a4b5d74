import type { FetchRouter } from '../support/fetch-router.ts';

/** When a worker dies: at its n-th outgoing request, before that arrives or after it took effect. */
export interface Death {
  at: number;
  when: 'before' | 'after';
}

/**
 * Lets the worker of this act die. A dead one does nothing more: it hangs for ever at the request it died at, and whoever
 * waits for it hears nothing.
 *
 * @returns what the act came to, or null when its worker died
 */
export async function dying<T>(
  fetches: FetchRouter,
  { at, when }: Death,
  act: () => Promise<T>,
): Promise<T | null> {
  let sent = 0;
  let die: (nothing: null) => void;
  const death = new Promise<null>((resolve) => {
    die = resolve;
  });
  fetches.intercept = async (_service, _request, send) => {
    sent += 1;
    if (sent < at) return send();
    if (sent === at && when === 'after') await send();
    die(null);
    return new Promise(() => {});
  };
  const ended = await Promise.race([act(), death]);
  fetches.intercept = (_service, _request, send) => send();
  return ended;
}
