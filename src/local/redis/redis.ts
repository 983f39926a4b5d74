/**
 * The local Upstash Redis: the REST protocol of `@upstash/redis` over js-redis-server in this process, or over a real
 * Redis when `redisUrl` is given. Shapes and texts follow Upstash's page on the REST API and its client.
 *
 * State is in memory only and gone on close: Redis may vanish at any time by design. Expiry follows the process's
 * clock, js-redis-server takes no other; a test that must pass time replaces `Date`.
 *
 * Not modelled:
 * - limits of plans (commands per second and month, keys of 32 KB, records of 100 MB, pending entries), replication
 *   and its lag: every read sees every write, and `upstash-sync-token` is only ever fresh
 * - `allow-key-locking`: the line is taken off, keys outside KEYS are not refused and scripts run one after another
 * - a failing script keeps what it wrote, as in Redis (Upstash is said to undo it); a pipeline is not atomic by
 *   contract, but here nothing comes between its commands
 * - `Upstash-Response-Format: resp2` (refused), integers beyond 2^53, Upstash's commands outside Redis (JSON, search),
 *   and what js-redis-server lacks (OBJECT, LCS, DUMP, `XADD … MAXLEN =`): "not available", as any unknown command
 * - line breaks in published messages are sent as they are and break the event; publish JSON
 */
import { type Listening, listen } from '../listen.ts';
import { createEmbeddedBackend, createRemoteBackend } from './backend.ts';
import { createRestFace } from './rest.ts';

export interface RedisOptions {
  /** The standard token; `Authorization: Bearer <token>` or `?_token=<token>`. */
  token: string;
  /** A second token that may only read. */
  readOnlyToken?: string;
  /** `redis://…` or `rediss://…` of a Redis to use instead of the one in memory. */
  redisUrl?: string;
}

export interface LocalRedis {
  fetch(request: Request): Promise<Response>;
  /** Ends every open subscription, as Upstash does on a deploy. Clients are not told why. */
  dropSubscribers(): void;
  close(): Promise<void>;
}

/** The local Upstash Redis as a fetch handler. */
export function createRedis(options: RedisOptions): LocalRedis {
  const backend =
    options.redisUrl === undefined ? createEmbeddedBackend() : createRemoteBackend(options.redisUrl);
  const face = createRestFace(backend, options);
  return {
    fetch: face.fetch,
    dropSubscribers: face.dropSubscribers,
    async close() {
      face.close();
      backend.close();
    },
  };
}

/**
 * Serves the local Upstash Redis over HTTP; `url` is what `UPSTASH_REDIS_REST_URL` holds.
 *
 * @param options.port the port to listen on; 0 or none picks a free one
 * @throws what taking the port threw
 */
export async function start(options: RedisOptions & { port?: number }): Promise<LocalRedis & Listening> {
  const redis = createRedis(options);
  try {
    const listening = await listen((request) => redis.fetch(request), { port: options.port });
    return {
      ...redis,
      url: listening.url,
      port: listening.port,
      async close() {
        redis.dropSubscribers();
        await listening.close();
        await redis.close();
      },
    };
  } catch (error) {
    await redis.close();
    throw error;
  }
}
