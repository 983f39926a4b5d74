import { fileURLToPath } from 'node:url';
import { neon, neonConfig } from '@neondatabase/serverless';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/neon-http';
import { databaseTemplate } from '../../src/local/cloud/database-template.ts';
import { createNeon } from '../../src/local/neon/neon.ts';
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

/**
 * A database of its own with every migration applied, in process and without sockets. The first one after a change of
 * the migrations takes some seconds; the others start from its copy. The driver is configured for the whole process,
 * so a test file may have one at a time.
 */
export async function openTestDatabase(): Promise<TestDatabase> {
  const template = await databaseTemplate(MIGRATIONS);
  const server = createNeon({ template: await template.read() });
  const url = server.connectionString();
  const database = connect({ url, fetch: server.fetch, close: () => server.close() });
  const applied = await applyMigrations(url, MIGRATIONS);
  if (applied > 0) await template.keep(await server.dump());
  return database;
}

/** The product's own client of a server that answers as Neon does. */
export function connect(server: Pick<TestDatabase, 'url' | 'fetch' | 'close'>): TestDatabase {
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
