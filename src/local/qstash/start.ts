import { type Listening, listen } from '../listen.ts';
import { createQStash, type QStash, type QStashOptions } from './qstash.ts';

/** The credentials Upstash publishes for local development; they open nothing else. */
export const DEVELOPMENT_CREDENTIALS = {
  token: 'eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=',
  currentSigningKey: 'sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r',
  nextSigningKey: 'sig_5ZB6DVzB1wjE8S6rZ7eenA8Pdnhs',
} as const;

/**
 * Serves the stand-in over HTTP on the loopback interface, with the published development credentials unless
 * others are given.
 *
 * @param options.port 0 or none picks a free one
 */
export async function start(
  options: Partial<QStashOptions> & { port?: number } = {},
): Promise<QStash & Listening> {
  const qstash = await createQStash({ ...DEVELOPMENT_CREDENTIALS, ...options });
  const listening = await listen(qstash.fetch, { port: options.port });
  return {
    ...qstash,
    ...listening,
    close: async () => {
      await listening.close();
      await qstash.close();
    },
  };
}
