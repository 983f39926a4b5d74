import { neon } from '@neondatabase/serverless';
import { readMigrationFiles } from 'drizzle-orm/migrator';

/**
 * Brings a database up to date over Neon's HTTP endpoint, each migration in one transaction with its own journal row, so
 * that a failure leaves nothing half applied (drizzle's migrator for neon-http sends statements one by one).
 *
 * @returns how many migrations were applied
 */
export async function applyMigrations(databaseUrl: string, folder: string): Promise<number> {
  const sql = neon(databaseUrl);
  await sql.query('CREATE SCHEMA IF NOT EXISTS drizzle');
  await sql.query(
    'CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)',
  );
  const [last] = await sql.query('SELECT max(created_at) AS at FROM drizzle.__drizzle_migrations');
  const due = readMigrationFiles({ migrationsFolder: folder }).filter(
    ({ folderMillis }) => folderMillis > Number(last?.at ?? 0),
  );
  for (const { sql: statements, hash, folderMillis } of due) {
    await sql.transaction([
      ...statements.map((statement) => sql.query(statement)),
      sql.query('INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)', [
        hash,
        folderMillis,
      ]),
    ]);
  }
  return due.length;
}
