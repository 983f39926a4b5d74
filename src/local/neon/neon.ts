/**
 * The local Neon: SQL over HTTP (`POST /sql`) in front of PGlite, the protocol of `@neondatabase/serverless`.
 * Answers, errors and limits follow Neon's open-source proxy (`neondatabase/neon`, `proxy/src/serverless`).
 *
 * Not modelled:
 * - connections: there is one, requests run one after another, so races, deadlocks, lock waits and serialization
 *   failures cannot happen; concurrency is tested on a real PostgreSQL
 * - the pool: the session is reset only after an error or an open transaction, so a `SET` may be seen by the next
 *   request, as it may in Neon's pool; code must not rely on either
 * - roles: the user of the connection string is checked, but statements run as the superuser `postgres`, database
 *   `postgres`; refusals for missing privileges do not happen
 * - JWT authentication, WebSockets and the Postgres wire protocol, cold starts, suspension, compute limits, branches
 * - cancelling a statement when its client leaves; `COPY` (refused here with another text)
 * - plans: texts are kept parsed and planned for whatever their parameters are, until something that is no query comes; a
 *   function that changes tables or the search path from within a query may spoil one that is kept
 * - durability past a crash of the machine: `fsync` is off; a killed process loses nothing that was answered
 * - the wording behind "could not parse the HTTP request body: " is JavaScript's, not serde's
 */
import { type Listening, listen } from '../listen.ts';
import type { Credentials } from './credentials.ts';
import { type EngineOptions, openEngine } from './engine.ts';
import { createHttpFace } from './http.ts';
import { openThreadedEngine } from './threaded-engine.ts';
import type { SqlEngine } from './wire.ts';

export interface NeonOptions {
  /** A directory that keeps the database across restarts; in memory when missing. One process at a time. */
  dataDir?: string;
  /** What `dump()` gave: a database to start from, 0.5 s instead of 4. Ignored where `dataDir` already has one. */
  template?: Blob | ArrayBuffer;
  /** Default `cadence`. */
  user?: string;
  /** Default `local`. */
  password?: string;
  /** Default `cadence`. */
  database?: string;
}

export interface Neon {
  fetch(request: Request): Promise<Response>;
  /** What stands behind `fetch`, for whoever asks so often that requests and responses would be most of the work. */
  answer: SqlEngine['answer'];
  /** The whole database as a template for another one; an uncompressed tar archive of about 40 MB. */
  dump(): Promise<Blob>;
  /** `postgres://<user>:<password>@neon.local/<database>`: what `DATABASE_URL` holds. */
  connectionString(): string;
  close(): Promise<void>;
}

/**
 * The local Neon in the calling thread, for tests and simulations. The database opens in the background; requests
 * wait for it, and answer 500 when it cannot be opened.
 */
export function createNeon(options: NeonOptions = {}): Neon {
  const credentials = readCredentials(options);
  return assemble(readEngineOptions(options, credentials).then(openEngine), credentials);
}

/**
 * The local Neon with the database in a worker thread, for whoever serves it.
 *
 * @throws what opening the database threw
 */
export async function openNeon(options: NeonOptions = {}): Promise<Neon> {
  const credentials = readCredentials(options);
  const engine = await openThreadedEngine(await readEngineOptions(options, credentials));
  return assemble(Promise.resolve(engine), credentials);
}

/**
 * Serves the local Neon over HTTP with the database in a worker thread. `url` is the base: the driver's
 * `fetchEndpoint` (`NEON_HTTP_ENDPOINT`) is `${url}/sql`.
 *
 * @param options.port the port to listen on; 0 or none picks a free one
 * @throws what opening the database or taking the port threw
 */
export async function start(options: NeonOptions & { port?: number } = {}): Promise<Neon & Listening> {
  const neon = await openNeon(options);
  try {
    const listening = await listen((request) => neon.fetch(request), { port: options.port });
    return {
      ...neon,
      url: listening.url,
      port: listening.port,
      async close() {
        await listening.close();
        await neon.close();
      },
    };
  } catch (error) {
    await neon.close();
    throw error;
  }
}

function assemble(opening: Promise<SqlEngine>, credentials: Credentials): Neon {
  // Whoever uses the engine gets the error of opening it; nobody may be using it yet.
  opening.catch(() => {});
  const { user, password, database } = credentials;
  return {
    fetch: createHttpFace(opening),
    answer: async (request) => (await opening).answer(request),
    dump: async () => new Blob([await (await opening).dump()]),
    connectionString: () =>
      `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@neon.local/${encodeURIComponent(database)}`,
    close: async () => {
      const engine = await opening.catch(() => undefined);
      await engine?.close();
    },
  };
}

function readCredentials(options: NeonOptions): Credentials {
  return {
    user: options.user ?? 'cadence',
    password: options.password ?? 'local',
    database: options.database ?? 'cadence',
  };
}

async function readEngineOptions(options: NeonOptions, credentials: Credentials): Promise<EngineOptions> {
  const { dataDir, template } = options;
  return {
    credentials,
    dataDir,
    template: template instanceof Blob ? await template.arrayBuffer() : template,
  };
}
