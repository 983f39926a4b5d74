import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editMessage, withdrawMessage } from '../../src/store/runs/change-message.ts';
import { cancelRun } from '../../src/store/runs/control.ts';
import { deleteRun } from '../../src/store/runs/delete.ts';
import { addMessage } from '../../src/store/runs/inbox.ts';
import { event, queuedRun } from '../support/runs.ts';
import { openPostgres, type PostgresDatabase } from './database.ts';
import { findPostgres } from './server.ts';

const bin = await findPostgres();
if (bin === null) console.warn('Races are not tested: there is no PostgreSQL 15 or newer on this machine.');

const RACERS = 64;
const race = <T>(run: (racer: number) => Promise<T>) =>
  Promise.all(Array.from({ length: RACERS }, (_, racer) => run(racer)));

describe.skipIf(bin === null)('64 at once while a run is forgotten, on a real PostgreSQL', () => {
  let postgres: PostgresDatabase;
  beforeAll(async () => {
    postgres = await openPostgres(bin ?? '');
  });
  afterAll(() => postgres?.close());

  const cancel = (runId: string) =>
    cancelRun(postgres.db, { runId, operationId: crypto.randomUUID(), event: event('run.cancelled') });

  it('change the messages of a run that is forgotten: nobody waits in a circle', async () => {
    for (let round = 0; round < 5; round++) {
      const { runId, agentId, userId } = await queuedRun(postgres.db);
      const change = (racer: number) => ({ agentId, messageId: `${runId}-${racer}`, speech: null });
      await race((racer) =>
        addMessage(postgres.db, { ...change(racer), text: 'as sent', resumed: event('run.resumed') }),
      );
      await cancel(runId);
      const deleted = await race<unknown>((racer) =>
        racer === RACERS / 2
          ? deleteRun(postgres.db, userId, runId)
          : racer % 2
            ? editMessage(postgres.db, { ...change(racer), text: `edited ${racer}` })
            : withdrawMessage(postgres.db, change(racer)),
      );
      expect(deleted[RACERS / 2]).toBe(true);
    }
    // A statement that lost a deadlock is tried again, so nobody else would tell of one.
    const { rows } = await postgres.db.execute<{ deadlocks: number }>(
      sql`SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`,
    );
    expect(rows).toEqual([{ deadlocks: 0 }]);
  });
});
