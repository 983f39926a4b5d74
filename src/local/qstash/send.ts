import type { Clock } from './clock.ts';
import { fromBase64, toBase64, toHeaderMap } from './header-map.ts';
import { signDelivery } from './signature.ts';
import type { Answer, Message } from './types.ts';

/** The longest a destination may take on the pay-as-you-go plan. */
const DEFAULT_TIMEOUT_MS = 2 * 3_600 * 1000;

/** The stand-in cannot see where a request came from; everything local comes from here. */
export const CALLER_IP = '127.0.0.1';

export interface Outgoing {
  clock: Clock;
  fetch: typeof fetch;
  signingKey: string;
  /** Ends the wait for an answer, for good. */
  signal: AbortSignal;
}

/** Sends a message once and says what came back. Never throws: no answer is an answer with status 0. */
export async function send(message: Message, out: Outgoing): Promise<Answer> {
  const cutOff = new AbortController();
  const onAbort = () => cutOff.abort(new Error('the service is shutting down'));
  if (out.signal.aborted) onAbort();
  out.signal.addEventListener('abort', onAbort, { once: true });
  const timeoutMs = message.delivery.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timer = out.clock.setTimeout(() => cutOff.abort(new Error('request timed out')), timeoutMs);
  try {
    return await Promise.race([exchange(message, out, cutOff.signal), rejectOnAbort(cutOff.signal)]);
  } catch (error) {
    return noAnswer(error instanceof Error ? error.message : String(error));
  } finally {
    out.clock.clearTimeout(timer);
    out.signal.removeEventListener('abort', onAbort);
  }
}

export function noAnswer(error: string): Answer {
  return { status: 0, header: {}, body: '', error };
}

async function exchange(message: Message, out: Outgoing, signal: AbortSignal): Promise<Answer> {
  const { method } = message.delivery;
  // A fetch request with GET has no body, so what is signed is the empty one.
  const body = method === 'GET' ? new Uint8Array() : fromBase64(message.body);
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.delivery.header)) {
    for (const value of values) headers.append(name, value);
  }
  headers.set('User-Agent', 'Upstash-QStash');
  headers.set('Upstash-Message-Id', message.messageId);
  headers.set('Upstash-Retried', String(message.retried));
  headers.set('Upstash-Region', 'EU-CENTRAL-1');
  headers.set('Upstash-Caller-Ip', CALLER_IP);
  if (message.scheduleId) headers.set('Upstash-Schedule-Id', message.scheduleId);
  headers.set('Upstash-Signature', signDelivery(out.signingKey, message.url, body, out.clock.now()));
  const response = await out.fetch(message.url, {
    method,
    headers,
    body: method === 'GET' ? undefined : body,
    redirect: 'manual',
    signal,
  });
  return {
    status: response.status,
    header: toHeaderMap(response.headers),
    body: toBase64(new Uint8Array(await response.arrayBuffer())),
  };
}

/** Some handlers ignore their signal; the wait for them must end all the same. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = () => reject(signal.reason);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}
