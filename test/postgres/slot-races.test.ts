import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
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
