import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { neon, neonConfig } from '@neondatabase/serverless';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/neon-http';
import { createNeon } from '../../src/local/neon/neon.ts';
import { applyMigrations } from '../../src/store/apply-migrations.ts';
import type { Database } from '../../src/store/database.ts';
import * as schema from '../../src/store/schema.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/cadence', import.meta.url));

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
  const file = templateFile();
  const server = createNeon(existsSync(file) ? { template: new Blob([await readFile(file)]) } : {});
  let toLose = 0;
  neonConfig.fetchEndpoint = 'http://neon.local/sql';
  neonConfig.fetchFunction = async (url: string, init: RequestInit) => {
    const response = await server.fetch(new Request(url, init));
    if (toLose === 0) return response;
    toLose -= 1;
    throw new TypeError('the answer was lost');
  };
  const applied = await applyMigrations(server.connectionString(), MIGRATIONS);
  if (applied > 0) await keepTemplate(file, await server.dump());
  const db = drizzle(neon(server.connectionString()), { schema });
  return {
    db,
    url: server.connectionString(),
    fetch: server.fetch,
    loseAnswers: (count) => {
      toLose = count;
    },
    close: () => server.close(),
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

/** Named after what is in the migrations: a changed one makes another template. */
function templateFile(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(MIGRATIONS).filter((entry) => entry.endsWith('.sql'))) {
    hash.update(name).update(readFileSync(`${MIGRATIONS}/${name}`));
  }
  return `${CACHE}/neon-${hash.digest('hex').slice(0, 16)}.tar`;
}

/** Test files run side by side: the template appears whole or not at all. */
async function keepTemplate(file: string, dump: Blob): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, Buffer.from(await dump.arrayBuffer()));
  renameSync(draft, file);
}
