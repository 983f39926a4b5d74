import { Client } from '@upstash/qstash';
import { onTestFinished } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import type { QStashOptions } from './qstash.ts';
import { DEVELOPMENT_CREDENTIALS, start } from './start.ts';

/** A request as it reached the destination. */
interface Received {
  url: string;
  method: string;
  headers: Headers;
  body: string;
  bytes: Uint8Array;
}

type Destination = (request: Received) => Response | Promise<Response>;

/**
 * A stand-in on a free port, the official client for it, and destinations that answer in process: `answer` decides,
 * `received` keeps what arrived. Everything is closed when the test ends.
 */
export async function createTestbed(options: Partial<QStashOptions> = {}) {
  const clock = new ManualClock();
  const received: Received[] = [];
  let answer: Destination = () => new Response('fine');
  const service = await start({
    clock,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const bytes = new Uint8Array(await request.arrayBuffer());
      const seen: Received = {
        // The very text that was asked for; a Request would already have tidied it up.
        url: String(input),
        method: request.method,
        headers: request.headers,
        body: new TextDecoder().decode(bytes),
        bytes,
      };
      received.push(seen);
      return answer(seen);
    },
    ...options,
  });
  onTestFinished(() => service.close());
  const { token } = DEVELOPMENT_CREDENTIALS;
  const client = new Client({
    baseUrl: service.url,
    token,
    retry: false,
    enableTelemetry: false,
    devMode: false,
  });
  return {
    service,
    clock,
    client,
    received,
    answerWith(next: Destination) {
      answer = next;
    },
    /** A raw call with the right token. */
    call(path: string, init: RequestInit = {}) {
      const headers = new Headers(init.headers);
      headers.set('Authorization', `Bearer ${token}`);
      return fetch(service.url + path, { ...init, headers });
    },
  };
}

/** A handler that does not answer until told to. */
export function hold() {
  const waiting: (() => void)[] = [];
  return {
    answer: () => new Promise<Response>((resolve) => waiting.push(() => resolve(new Response('late')))),
    releaseOne: () => waiting.shift()?.(),
  };
}
