import { sql } from 'drizzle-orm';
import { afterEach, expect, it } from 'vitest';
import { cancelRun } from '../../src/store/runs/control.ts';
import { budgetViolations } from '../support/budget.ts';
import { claimBudget, commitBudget, queuedRun, stepRow } from '../support/runs.ts';
import { control } from '../support/worker.ts';
import { describeRaces, RACERS } from './races.ts';

describeRaces('for money', (races) => {
  afterEach(async () => {
    expect(await budgetViolations(races.db)).toEqual([]);
  });

  /** Queued runs of one user, who may spend so much in a day. */
  async function runsOfOne(daily: number) {
    const runs = [];
    for (let made = 0; made < RACERS; made++) runs.push(await queuedRun(races.db));
    const userId = runs[0]?.userId ?? '';
    const runIds = runs.map(({ runId }) => runId);
    await races.db.execute(
      sql`UPDATE runs SET user_id = ${userId} WHERE id = ANY(${sql.param(runIds)}::text[])`,
    );
    await races.db.execute(
      sql`UPDATE users SET daily_cost_limit_micro_usd = ${daily}::bigint WHERE id = ${userId}`,
    );
    return { userId, runIds };
  }

  /** What a step of these runs may cost: 1,000 and no less. */
  const step = { leastMicroUsd: 1_000, mostMicroUsd: 1_000 };
  const claim = (runId: string) =>
    races.claim(runId, {
      budget: { ...claimBudget, firstSteps: { anthropic: { 'claude-sonnet-5-5': step } } },
    });
  const commit = (runId: string, intent: 'continue' | 'finish') =>
    races.commit(runId, {
      intent,
      step: { ...stepRow(1), costMicroUsd: 400 },
      budget: { ...commitBudget, nextStep: step },
    });

  const day = async (userId: string) => {
    const { rows } = await races.db.execute(sql`SELECT sum(spent_micro_usd)::int AS spent,
      sum(reserved_micro_usd)::int AS reserved FROM daily_costs WHERE user_id = ${userId}`);
    return rows[0];
  };

  const inState = (moves: ({ status: string } | null)[], status: string) =>
    moves.filter((moved) => moved?.status === status);

  it('begin runs of a user whose day holds ten: ten begin', async () => {
    const { userId, runIds } = await runsOfOne(10_500);
    const claims = await Promise.all(runIds.map(claim));
    expect(inState(claims, 'running')).toHaveLength(10);
    expect(inState(claims, 'waiting')).toHaveLength(RACERS - 10);
    expect(await day(userId)).toEqual({ spent: 0, reserved: 10_000 });
  });

  it('commit some runs while others begin: what is given back is given out, and never more', async () => {
    const { userId, runIds } = await runsOfOne(40_000);
    const first = runIds.slice(0, RACERS / 2);
    await Promise.all(first.map(claim));
    const moves = await Promise.all(
      runIds.map((runId, at) =>
        at < RACERS / 2 ? commit(runId, at % 2 ? 'finish' : 'continue') : claim(runId),
      ),
    );
    const running = inState(moves, 'running').length;
    expect(await day(userId)).toEqual({ spent: first.length * 400, reserved: running * 1_000 });
    expect(first.length * 400 + running * 1_000).toBeLessThanOrEqual(40_000);
  });

  it('find workers of a user gone, in every way there is: each is settled once', async () => {
    const { userId, runIds } = await runsOfOne(1_000_000);
    await Promise.all(runIds.map(claim));
    await races.db.execute(sql`UPDATE runs SET lease_expires_at = engine_now(), sweep_after = engine_now()
      WHERE user_id = ${userId}`);
    const cancel = (runId: string) => cancelRun(races.db, control(runId, 'run.cancelled'));
    await Promise.all(
      runIds.flatMap((runId, at) => [
        claim(runId),
        at % 2 ? races.sweep(20) : cancel(runId),
        commit(runId, 'finish'),
      ]),
    );
    const { rows } = await races.db.execute<{ id: string; estimated: number; steps: number }>(
      sql`SELECT id, estimated_cost_micro_usd::int AS estimated, (SELECT count(*)::int FROM steps WHERE run_id = runs.id)
        AS steps FROM runs WHERE user_id = ${userId}`,
    );
    // Its worker's commit came first, or it was found gone: never both, never twice.
    expect(rows.map(({ estimated, steps }) => estimated + steps * 1_000)).toEqual(rows.map(() => 1_000));
  });
});
