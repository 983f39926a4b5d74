import { fileURLToPath } from 'node:url';
import { neon, neonConfig } from '@neondatabase/serverless';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/neon-http';
import { databaseTemplate } from '../../src/local/cloud/database-template.ts';
import { createNeon, type Neon } from '../../src/local/neon/neon.ts';
import { applyMigrations } from '../../src/store/apply-migrations.ts';
import type { Database } from '../../src/store/database.ts';
import * as schema from '../../src/store/schema.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

export interface TestDatabase {
  db: Database;
  /** What `DATABASE_URL` holds. */
  url: string;
  /** The HTTP endpoint, for a test that routes requests to it itself. */
  fetch(request: Request): Promise<Response>;
  /** Stops the database's clock at this time; null lets it run again. */
  setNow(now: Date | null): Promise<void>;
  /** The next so many requests take effect and their answers are lost. */
  loseAnswers(count: number): void;
  close(): Promise<void>;
}

/** The server that the test files of this process use one after another, and whether one is using it. */
let shared: Promise<Neon> | undefined;
let isTaken = false;

/**
 * An empty database with every migration applied, in process and without sockets. The first one after a change of the
 * migrations takes some seconds; the others start from its copy, or from the one that the test file before has left. The
 * driver is configured for the whole process, so a test file may have one at a time.
 */
export async function openTestDatabase(): Promise<TestDatabase> {
  if (isTaken) return openNewDatabase();
  isTaken = true;
  shared ??= openServer();
  const { connectionString, fetch } = await shared;
  const database = connect({
    url: connectionString(),
    fetch,
    close: async () => {
      isTaken = false;
    },
  });
  await empty(database);
  return database;
}

/** A database that can be asked without HTTP as well. */
export interface NewDatabase extends TestDatabase, Pick<Neon, 'answer'> {}

/** The same, but nobody had it before and nobody gets it after: its server ends when it is closed. */
export async function openNewDatabase(): Promise<NewDatabase> {
  const { connectionString, fetch, answer, close } = await openServer();
  return { ...connect({ url: connectionString(), fetch, close }), answer };
}

async function openServer(): Promise<Neon> {
  const template = await databaseTemplate(MIGRATIONS);
  const server = createNeon({ template: await template.read() });
  const url = server.connectionString();
  const { close } = connect({ url, fetch: server.fetch, close: async () => undefined });
  const applied = await applyMigrations(url, MIGRATIONS);
  if (applied > 0) await template.keep(await server.dump());
  await close();
  return server;
}

async function empty({ db, setNow }: TestDatabase): Promise<void> {
  const { rows } = await db.execute<{ name: string }>(
    sql`SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  await db.execute(sql.raw(`TRUNCATE ${rows.map(({ name }) => name).join(', ')} RESTART IDENTITY`));
  await setNow(null);
}

/** The product's own client of a server that answers as Neon does. Closed, it leaves the driver as it was. */
export function connect(server: Pick<TestDatabase, 'url' | 'fetch' | 'close'>): TestDatabase {
  const { fetchEndpoint, fetchFunction } = neonConfig;
  let toLose = 0;
  neonConfig.fetchEndpoint = 'http://neon.local/sql';
  neonConfig.fetchFunction = async (url: string, init: RequestInit) => {
    const response = await server.fetch(new Request(url, init));
    if (toLose === 0) return response;
    toLose -= 1;
    throw new TypeError('the answer was lost');
  };
  const db = drizzle(neon(server.url), { schema });
  return {
    ...server,
    db,
    async close() {
      Object.assign(neonConfig, { fetchEndpoint, fetchFunction });
      await server.close();
    },
    loseAnswers: (count) => {
      toLose = count;
    },
    async setNow(now) {
      const body = now === null ? 'clock_timestamp()' : `timestamptz '${now.toISOString()}'`;
      await db.execute(
        sql.raw(
          `CREATE OR REPLACE FUNCTION engine_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT ${body} $$`,
        ),
      );
    },
  };
}
