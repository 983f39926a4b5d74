import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { claimRun } from '../../src/store/runs/claim.ts';
import { cancelRun } from '../../src/store/runs/control.ts';
import { commitStep } from '../../src/store/runs/step.ts';
import { sweepRuns } from '../../src/store/runs/sweep.ts';
import { budgetViolations } from '../support/budget.ts';
import {
  claimBudget,
  claimOutcomes,
  commitBudget,
  commitOutcomes,
  event,
  failed,
  nextRun,
  noChanges,
  queuedRun,
  stepRow,
} from '../support/runs.ts';
import { openPostgres, type PostgresDatabase } from './database.ts';
import { findPostgres } from './server.ts';

const bin = await findPostgres();
if (bin === null) console.warn('Races for money are not tested: there is no PostgreSQL 15 or newer here.');

const RACERS = 64;
const LEASE_MS = 60_000;
const operationId = () => crypto.randomUUID();

describe.skipIf(bin === null)('64 at once on a real PostgreSQL', () => {
  let postgres: PostgresDatabase;
  beforeAll(async () => {
    postgres = await openPostgres(bin ?? '');
  });
  afterAll(() => postgres?.close());
  afterEach(async () => {
    expect(await budgetViolations(postgres.db)).toEqual([]);
    const { rows } = await postgres.db.execute(
      sql`SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`,
    );
    expect(rows).toEqual([{ deadlocks: 0 }]);
  });

  /** Queued runs of one user, who may spend so much in a day. */
  async function runsOfOne(daily: number) {
    const runs = [];
    for (let made = 0; made < RACERS; made++) runs.push(await queuedRun(postgres.db));
    const userId = runs[0]?.userId ?? '';
    const runIds = runs.map(({ runId }) => runId);
    await postgres.db.execute(
      sql`UPDATE runs SET user_id = ${userId} WHERE id = ANY(${sql.param(runIds)}::text[])`,
    );
    await postgres.db.execute(
      sql`UPDATE users SET daily_cost_limit_micro_usd = ${daily}::bigint WHERE id = ${userId}`,
    );
    return { userId, runIds };
  }

  /** What a step of these runs may cost: 1,000 and no less. */
  const claim = (runId: string) =>
    claimRun(postgres.db, {
      runId,
      dispatchNo: 1,
      operationId: operationId(),
      leaseMs: LEASE_MS,
      budget: {
        ...claimBudget,
        firstSteps: { 'claude-sonnet-5-5': { leastMicroUsd: 1_000, mostMicroUsd: 1_000 } },
      },
      outcomes: claimOutcomes,
      nextRun: nextRun(),
    });

  const commit = (runId: string, intent: 'continue' | 'finish') =>
    commitStep(postgres.db, {
      runId,
      epoch: 1,
      operationId: operationId(),
      leaseMs: LEASE_MS,
      workspaceId: runId.replace('run', 'workspace'),
      step: { ...stepRow(1), costMicroUsd: 400 },
      planned: false,
      calls: [],
      changes: noChanges,
      intent,
      budget: { ...commitBudget, nextStep: { leastMicroUsd: 1_000, mostMicroUsd: 1_000 } },
      summary: null,
      events: [],
      outcomes: commitOutcomes,
      nextRun: nextRun(),
    });

  const day = async (userId: string) => {
    const { rows } = await postgres.db.execute(sql`SELECT sum(spent_micro_usd)::int AS spent,
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
    await postgres.db.execute(sql`UPDATE runs SET lease_expires_at = engine_now(), sweep_after = engine_now()
      WHERE user_id = ${userId}`);
    const sweep = () =>
      sweepRuns(postgres.db, {
        error: { code: 'poison', message: 'gone' },
        outcomes: {
          paused: [event('run.paused')],
          cancelled: [event('run.cancelled')],
          failed: [failed],
          approvalExpired: [],
        },
        nextRun: nextRun(20),
      });
    const cancel = (runId: string) =>
      cancelRun(postgres.db, { runId, operationId: operationId(), event: event('run.cancelled') });
    await Promise.all(
      runIds.flatMap((runId, at) => [
        claim(runId),
        at % 2 ? sweep() : cancel(runId),
        commit(runId, 'finish'),
      ]),
    );
    const { rows } = await postgres.db.execute<{ id: string; estimated: number; steps: number }>(
      sql`SELECT id, estimated_cost_micro_usd::int AS estimated, (SELECT count(*)::int FROM steps WHERE run_id = runs.id)
        AS steps FROM runs WHERE user_id = ${userId}`,
    );
    // Its worker's commit came first, or it was found gone: never both, never twice.
    expect(rows.map(({ estimated, steps }) => estimated + steps * 1_000)).toEqual(rows.map(() => 1_000));
  });
});
