import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { changeOrganisation } from '../../src/store/organisations.ts';
import type { Moved } from '../../src/store/runs/move.ts';
import { queuedRun } from '../support/runs.ts';
import { describeRaces, RACERS } from './races.ts';

const MOST = 5;

describeRaces('for a few slots', (races) => {
  /** Runs of one organisation and one user, so that counter, line and the row of the day are one for all. */
  async function runsOfOne(): Promise<string[]> {
    const made = [];
    for (let n = 0; n < RACERS; n++) made.push(await queuedRun(races.db));
    const ids = made.map(({ runId }) => runId);
    await races.db.execute(
      sql`UPDATE runs SET organisation_id = ${made[0]?.organisationId}::text, user_id = ${made[0]?.userId}::text WHERE id = ANY(${sql.param(ids)}::text[])`,
    );
    return ids;
  }
  const counts = async () => {
    const { rows } = await races.db.execute<{
      running: number;
      slots: number;
      counted: number;
      line: number;
    }>(sql`
      SELECT (SELECT count(*) FROM runs WHERE status = 'running')::int AS running,
        (SELECT count(*) FROM runs WHERE holds_slot)::int AS slots,
        (SELECT sum(running) FROM organisation_runs)::int AS counted,
        (SELECT sum(jsonb_array_length(held)) FROM organisation_runs)::int AS line`);
    return rows[0];
  };

  it('begin while their organisation is let more: none stays in line beside a slot that is free', async () => {
    const ids = await runsOfOne();
    const { rows } = await races.db.execute<{ id: string }>(
      sql`SELECT organisation_id AS id FROM runs WHERE id = ${ids[0]}`,
    );
    const organisationId = rows[0]?.id ?? '';
    await changeOrganisation(races.db, organisationId, { concurrentRuns: 1 }, RACERS);
    const told: string[] = [];
    const claim = async (runId: string, dispatchNo: number) => {
      const claimed = await races.claim(runId, { dispatchNo, concurrentRuns: RACERS });
      told.push(...(claimed?.admitted ?? []).map((run) => run.runId));
    };
    await Promise.all([
      ...ids.slice(0, 32).map((runId) => claim(runId, 1)),
      changeOrganisation(races.db, organisationId, { concurrentRuns: 16 }, RACERS).then(({ admitted }) => {
        told.push(...admitted.map(({ runId }) => runId));
      }),
      ...ids.slice(32).map((runId) => claim(runId, 1)),
    ]);
    const after = await counts();
    const { rows: held } = await races.db.execute<{ id: string }>(sql`SELECT e ->> 'runId' AS id
      FROM organisation_runs o, jsonb_array_elements(o.held) WITH ORDINALITY AS l (e, n)
      WHERE n <= 16 - o.running ORDER BY n`);
    expect(after?.counted).toBeLessThanOrEqual(16);
    // Whoever may begin and does not yet has been told so.
    expect(held.map(({ id }) => id).filter((id) => !told.includes(id))).toEqual([]);
    expect((after?.line ?? 0) + (after?.counted ?? 0)).toBe(RACERS);
    await races.db.execute(sql`DELETE FROM runs WHERE id = ANY(${sql.param(ids)}::text[])`);
    await races.db.execute(
      sql`UPDATE organisation_runs SET running = 0, held = '[]', concurrent_runs = NULL`,
    );
  });

  it('never begin more than may be at work, and all come to their end by what they tell one another', async () => {
    const seen: number[] = [];
    const admit = async ({ admitted }: Moved): Promise<void> => {
      await Promise.all(admitted.map(({ runId, dispatchNo }) => deliver(runId, dispatchNo)));
    };
    async function deliver(runId: string, dispatchNo: number): Promise<void> {
      const claimed = await races.claim(runId, { dispatchNo, concurrentRuns: MOST });
      if (!claimed) return;
      await admit(claimed);
      if (claimed.status !== 'running') return;
      const now = await counts();
      seen.push(now?.running ?? 0);
      expect(now?.counted).toBe(now?.slots);
      const ended = await races.commit(runId, { intent: 'finish', epoch: claimed.epoch });
      expect(ended).toMatchObject({ status: 'completed' });
      if (ended) await admit(ended);
    }
    const ids = await runsOfOne();
    await Promise.all(ids.map((runId) => deliver(runId, 1)));
    const { rows } = await races.db.execute(
      sql`SELECT status, count(*)::int AS runs FROM runs WHERE id = ANY(${sql.param(ids)}::text[]) GROUP BY status`,
    );
    expect(rows).toEqual([{ status: 'completed', runs: RACERS }]);
    expect(Math.max(...seen)).toBeLessThanOrEqual(MOST);
    expect(await counts()).toEqual({ running: 0, slots: 0, counted: 0, line: 0 });
  }, 60_000);
});
