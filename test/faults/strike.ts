import type { Actor } from './actors.ts';
import type { RequestMode, Service } from './fault.ts';

/** A promise of what never comes: the rest of a worker that is gone. */
export const never = (): Promise<never> => new Promise(() => {});

/**
 * Carries a request out with something going wrong.
 *
 * @param send lets it take effect and gives the answer
 * @param givenUp rejects when its sender waits no longer
 * @param delay resolves when more than a lease has passed
 * @param freeze lets the actor stand still until its lease is long over
 */
export async function strike(
  mode: RequestMode,
  {
    service,
    actor,
    send,
    givenUp,
    delay,
    freeze,
  }: {
    service: Service;
    actor: Actor;
    send: () => Promise<Response>;
    givenUp: Promise<never>;
    delay: () => Promise<void>;
    freeze: () => Promise<void>;
  },
): Promise<Response> {
  switch (mode) {
    case 'errorBefore':
      throw new TypeError('fetch failed: connection refused');
    case 'answerLost':
      await send();
      throw new TypeError('fetch failed: connection reset by peer');
    case 'crashBefore':
      actor.die();
      return never();
    case 'crashAfter':
      await send();
      actor.die();
      return never();
    case 'status500':
      return troubleOf(service);
    case 'gatewayLost':
      await send();
      return new Response('<html>502 Bad Gateway</html>', { status: 502 });
    case 'garbled':
      return halved(service, await send());
    case 'slow':
      // It is on its way, and arrives also when nobody waits for it any more.
      return Promise.race([delay().then(send), givenUp]);
    case 'freezeBefore':
      await freeze();
      return send();
    case 'freezeAfter': {
      const response = await send();
      await freeze();
      return response;
    }
  }
}

/** How each service says that it is in trouble. */
function troubleOf(service: Service): Response {
  switch (service) {
    case 'neon':
      return Response.json({ message: 'internal error' }, { status: 500 });
    case 'redis':
      return Response.json({ error: 'ERR internal error' }, { status: 500 });
    case 'qstash':
      return Response.json({ error: 'internal server error' }, { status: 500 });
    case 'github':
    case 'web':
      return Response.json({ message: 'Server Error' }, { status: 500 });
    case 'model':
      return Response.json(
        { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
        { status: 529 },
      );
  }
}

/** Redis' stream of what is published, which lasts as long as its reader. */
export const isSubscription = (service: Service, { headers }: Response): boolean =>
  service === 'redis' && headers.get('content-type')?.startsWith('text/event-stream') === true;

/** The first half of an answer, after which the connection closes as if that were all. */
async function halved(service: Service, response: Response): Promise<Response> {
  const { status, headers } = response;
  if (isSubscription(service, response)) {
    await response.body?.cancel();
    return new Response(null, { status, headers });
  }
  const body = new Uint8Array(await response.arrayBuffer());
  const half = body.byteLength === 0 ? null : body.slice(0, Math.floor(body.byteLength / 2));
  return new Response(half, { status, headers });
}
