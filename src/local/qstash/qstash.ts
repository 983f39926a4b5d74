/**
 * A stand-in for Upstash QStash v2, as one process: publish, batch, queues, schedules, deduplication, retries, flow
 * control, callbacks, dead letters, logs and signed deliveries. Its contract tests use the official client.
 *
 * What it does not model:
 * - URL groups (`/v2/topics`); a destination without http(s) is refused as the service refuses a bad URL;
 * - `Upstash-Header-Forward`, LLM and e-mail destinations, workflows (`/v2/trigger`, `/v2/notify`, `/v2/waiters`);
 * - read-only tokens, rate limits of the API, daily quotas, limits on counts of schedules and queues;
 * - the global parallelism, which is shown but not enforced; bulk actions, which finish at once here;
 * - redirects of a destination (a 3xx is a failure) and the refusal of loopback destinations (local means loopback);
 * - the up to 60 seconds before a new schedule is first seen; a slot missed while stopped is made up for once;
 * - expiry of dead letters; logs live in memory only and keep the newest entries;
 * - a power cut: the state file survives `kill -9`, it is not synced to the disk.
 * The texts of errors are the service's own where they are public, and in its style elsewhere.
 */
import { matchPath, type Route } from './call.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Core, Counts } from './core.ts';
import { type Delivery, Dispatcher } from './dispatcher.ts';
import type { Faults } from './faults.ts';
import { Log } from './log.ts';
import { json, Refusal } from './refusal.ts';
import { adminRoutes } from './routes-admin.ts';
import { messageRoutes } from './routes-messages.ts';
import { publishRoutes } from './routes-publish.ts';
import { fireSchedules } from './schedules.ts';
import { loadSnapshot, StateFile } from './state-file.ts';
import { Store } from './store.ts';

const KEPT_DELIVERIES = 1000;

export interface QStashOptions {
  /** What the API's callers must present. */
  token: string;
  /** The keys deliveries are signed with. Keys rotated earlier and kept in the state file win. */
  currentSigningKey: string;
  nextSigningKey: string;
  /** Defaults to the real time. */
  clock?: Clock;
  /** How deliveries go out; defaults to the network. */
  fetch?: typeof fetch;
  /** What goes wrong on purpose; a test may change the object at any time. */
  faults?: Faults;
  /** Called with each request that went out, when it has ended. */
  onDelivered?: (delivery: Delivery) => void;
  /** Where pending messages, schedules, queues, dead letters and deduplication survive a restart. */
  stateFile?: string;
}

export interface QStash {
  fetch(request: Request): Promise<Response>;
  /** Resolves when no delivery is on its way and the state is saved. */
  idle(): Promise<void>;
  /** Abandons deliveries on their way, which stay pending, and saves the state. */
  close(): Promise<void>;
  /** The newest requests that went out, oldest first, a thousand at most. */
  readonly deliveries: readonly Delivery[];
  readonly counts: Readonly<Counts>;
  readonly faults: Faults;
}

/** Destinations come last: `POST /v2/schedules/<destination>` would take `/v2/schedules/<id>/pause`. */
const ROUTES: Route[] = [...adminRoutes, ...messageRoutes, ...publishRoutes];

/**
 * Starts the service in process, with what its state file holds.
 *
 * @throws Error when the state file exists and cannot be read
 */
export async function createQStash(options: QStashOptions): Promise<QStash> {
  const { clock = systemClock, faults = {}, token } = options;
  const saved = options.stateFile ? await loadSnapshot(options.stateFile) : undefined;
  const store = new Store({ current: options.currentSigningKey, next: options.nextSigningKey }, saved);
  const file = options.stateFile ? new StateFile(options.stateFile, () => store.snapshot()) : undefined;
  const counts: Counts = { published: 0, deduplicated: 0, scheduled: 0, callbacks: 0, deliveries: 0 };
  const deliveries: Delivery[] = [];
  const log = new Log();
  const changed = () => file?.changed();
  const dispatcher = new Dispatcher({
    store,
    log,
    clock,
    faults,
    changed,
    fetch: options.fetch ?? fetch,
    record: (delivery) => {
      counts.deliveries++;
      if (deliveries.push(delivery) > KEPT_DELIVERIES) deliveries.shift();
      options.onDelivered?.(delivery);
    },
    countCallback: () => {
      counts.callbacks++;
    },
    fireSchedules: (now) => fireSchedules(core, now),
  });
  const core: Core = { store, log, clock, dispatcher, counts, changed };
  dispatcher.pump();

  return {
    deliveries,
    counts,
    faults,
    async fetch(request) {
      try {
        const response = await route(core, request, token);
        if (request.method !== 'GET') {
          changed();
          dispatcher.pump();
          await file?.flushed();
        }
        return response;
      } catch (error) {
        if (error instanceof Refusal) return json({ error: error.message }, error.status);
        throw error;
      }
    },
    async idle() {
      await dispatcher.idle();
      await file?.flushed();
    },
    async close() {
      await dispatcher.close();
      changed();
      await file?.flushed();
    },
  };
}

async function route(core: Core, request: Request, token: string): Promise<Response> {
  const { origin } = new URL(request.url);
  const target = request.url.slice(origin.length);
  const query = new URL(request.url).searchParams;
  const authorization = request.headers.get('authorization') ?? `Bearer ${query.get('qstash_token')}`;
  if (authorization !== `Bearer ${token}`) {
    throw new Refusal(401, 'unable to authenticate: invalid token');
  }
  const path = target.split('?')[0] ?? '';
  for (const candidate of ROUTES) {
    const params = candidate.method === request.method ? matchPath(candidate.path, path) : undefined;
    if (!params) continue;
    return candidate.handle({
      core,
      method: request.method,
      target,
      query,
      headers: request.headers,
      body: async () => new Uint8Array(await request.arrayBuffer()),
      param: (name) => params.get(name) ?? '',
    });
  }
  const known = ROUTES.some(({ path: pattern }) => matchPath(pattern, path));
  throw known ? new Refusal(405, 'method not allowed') : new Refusal(404, 'not found');
}
