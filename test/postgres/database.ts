import { fileURLToPath } from 'node:url';
import { Client, DatabaseError, Pool } from 'pg';
import { z } from 'zod';
import { applyMigrations } from '../../src/store/apply-migrations.ts';
import { connect, type TestDatabase } from '../support/database.ts';
import { type PostgresServer, startPostgres } from './server.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));
const CONNECTIONS = 80;

const statementSchema = z.object({ query: z.string(), params: z.array(z.unknown()).default([]) });
const payloadSchema = z.union([z.object({ queries: z.array(statementSchema) }), statementSchema]);
type Statement = z.infer<typeof statementSchema>;

export type PostgresDatabase = TestDatabase;

/** The server of this process, with a database that has every migration applied. */
let migrated: Promise<PostgresServer> | undefined;
const MIGRATED = 'migrated';
let made = 0;

/**
 * The product's own database client over a database of its own on a real PostgreSQL, each request on a connection of its own:
 * here statements really run side by side. Of Neon's HTTP protocol it speaks what the driver needs; the stand-in in
 * `src/local/neon` is the faithful one.
 */
export async function openPostgres(bin: string): Promise<PostgresDatabase> {
  migrated ??= startMigrated(bin);
  const server = await migrated;
  made += 1;
  const name = `races_${made}`;
  await administer(server, `CREATE DATABASE ${name} TEMPLATE ${MIGRATED}`);
  return connectTo(server, name);
}

async function startMigrated(bin: string): Promise<PostgresServer> {
  const server = await startPostgres(bin);
  await administer(server, `CREATE DATABASE ${MIGRATED}`);
  const database = connectTo(server, MIGRATED);
  await applyMigrations(database.url, MIGRATIONS);
  await database.close();
  return server;
}

async function administer(server: PostgresServer, statement: string): Promise<void> {
  const client = new Client({ host: server.socketFolder, user: 'postgres', database: 'postgres' });
  await client.connect();
  await client.query(statement);
  await client.end();
}

function connectTo(server: PostgresServer, database: string): PostgresDatabase {
  const pool = new Pool({ host: server.socketFolder, user: 'postgres', database, max: CONNECTIONS });
  const handle = async (request: Request) => {
    const payload = payloadSchema.parse(await request.json());
    try {
      return Response.json(
        'queries' in payload
          ? { results: await inTransaction(pool, payload.queries) }
          : await answer(pool, payload),
      );
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      return Response.json(
        { message: error.message, code: error.code, severity: error.severity },
        { status: 400 },
      );
    }
  };
  return connect({
    url: 'postgres://cadence:local@postgres.local/cadence',
    fetch: handle,
    close: () => pool.end(),
  });
}

/** Values stay in Postgres's text form, as over Neon's HTTP. */
const asText = { getTypeParser: () => (value: string) => value };

async function answer(client: Pick<Pool, 'query'>, { query, params }: Statement) {
  const { fields, rows, command, rowCount } = await client.query({
    text: query,
    values: params,
    rowMode: 'array',
    types: asText,
  });
  return { fields, rows, command, rowCount, rowAsArray: true };
}

async function inTransaction(pool: Pool, statements: Statement[]) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const results = [];
    for (const statement of statements) results.push(await answer(client, statement));
    await client.query('COMMIT');
    return results;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
