import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { workerOn } from '../support/worker.ts';
import { openPostgres, type PostgresDatabase } from './database.ts';
import { findPostgres } from './server.ts';

export const RACERS = 64;

export const race = <T>(run: (racer: number) => Promise<T>) =>
  Promise.all(Array.from({ length: RACERS }, (_, racer) => run(racer)));

export const winners = <T>(results: (T | null)[]) => results.filter((result) => result !== null);

const bin = await findPostgres();
if (bin === null) console.warn('Races are not tested: there is no PostgreSQL 15 or newer on this machine.');

interface Races extends ReturnType<typeof workerOn> {
  /** There as soon as a test begins. */
  readonly db: Database;
  /** Columns of a run's row that say where it is. */
  row(runId: string): Promise<Record<string, unknown>>;
}

/** Tests of 64 at once on a real PostgreSQL, in a database of their own; skipped where there is none. */
export function describeRaces(what: string, tests: (races: Races) => void): void {
  describe.skipIf(bin === null)(`64 at once ${what}, on a real PostgreSQL`, () => {
    let postgres: PostgresDatabase | undefined;
    beforeAll(async () => {
      postgres = await openPostgres(bin ?? '');
    });
    afterAll(() => postgres?.close());
    // A statement that lost a deadlock is tried again, so nobody else would tell of one.
    afterEach(async () => {
      const { rows } = await db().execute(
        sql`SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`,
      );
      expect(rows).toEqual([{ deadlocks: 0 }]);
    });
    const db = () => {
      if (!postgres) throw new Error('the database is there when the tests begin');
      return postgres.db;
    };
    tests({
      ...workerOn(db),
      get db() {
        return db();
      },
      async row(runId) {
        const { rows } = await db().execute<Record<string, unknown>>(
          sql`SELECT status, waiting_for, dispatch_no, open_waits, inbox_seq, delivered_seq FROM runs WHERE id = ${runId}`,
        );
        return rows[0] ?? {};
      },
    });
  });
}
