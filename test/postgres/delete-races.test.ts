import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editMessage, withdrawMessage } from '../../src/store/runs/change-message.ts';
import { cancelRun } from '../../src/store/runs/control.ts';
import { deleteRun } from '../../src/store/runs/delete.ts';
import { forkAgent } from '../../src/store/runs/fork.ts';
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

  it('fork a run that is forgotten: it is kept for its forks, or there are none', async () => {
    const kept: boolean[] = [];
    for (let round = 0; round < 12; round++) {
      const { runId, agentId, organisationId, userId } = await queuedRun(postgres.db);
      await postgres.db.execute(sql`INSERT INTO steps (run_id, step_no, epoch, content, stop_reason, delivered_seq, model_ms,
        committed_at) VALUES (${runId}, 1, 1, '[]', 'endTurn', 0, 1, now())`);
      await cancel(runId);
      const fork = (racer: number) => {
        const id = `${agentId}-fork-${racer}`;
        const at = { organisationId, userId, agentId, runId, stepNo: 1 };
        return forkAgent(postgres.db, { ...at, id, workspaceId: `${id}-w`, branch: id, name: null }, null);
      };
      const deletes = round % 8;
      const won = await Promise.all(
        Array.from({ length: 8 }, (_, racer) =>
          racer === deletes ? deleteRun(postgres.db, organisationId, runId) : fork(racer),
        ),
      );
      const { rows } = await postgres.db.execute<{ runs: number; forks: number }>(
        sql`SELECT (SELECT count(*)::int FROM runs WHERE id = ${runId}) AS runs,
          (SELECT count(*)::int FROM workspaces WHERE parent_run_id = ${runId}) AS forks`,
      );
      const forks = won.filter((isMade, racer) => isMade && racer !== deletes).length;
      expect(rows).toEqual([{ runs: won[deletes] ? 0 : 1, forks }]);
      if (won[deletes]) expect(forks).toBe(0);
      kept.push(!won[deletes]);
    }
    expect(kept).toContain(true);
  });

  it('change the messages of a run that is forgotten: nobody waits in a circle', async () => {
    for (let round = 0; round < 5; round++) {
      const { runId, agentId, organisationId } = await queuedRun(postgres.db);
      const change = (racer: number) => ({ agentId, messageId: `${runId}-${racer}`, speech: null });
      await race((racer) =>
        addMessage(postgres.db, { ...change(racer), text: 'as sent', resumed: event('run.resumed') }),
      );
      await cancel(runId);
      const deleted = await race<unknown>((racer) =>
        racer === RACERS / 2
          ? deleteRun(postgres.db, organisationId, runId)
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
