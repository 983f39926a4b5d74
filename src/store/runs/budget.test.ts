import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, it } from 'vitest';
import { budgetViolations } from '../../../test/support/budget.ts';
import {
  claimBudget,
  claimOutcomes,
  commitBudget,
  commitOutcomes,
  event,
  eventTypes,
  nextRun,
  noChanges,
  queuedRun,
  stepRow,
} from '../../../test/support/runs.ts';
import { asksNothing, openStatements } from '../../../test/support/statements.ts';
import { control, LEASE_MS, operationId } from '../../../test/support/worker.ts';
import { claimRun, refusedClaim } from './claim.ts';
import { cancelRun, pauseRun, resumeRun } from './control.ts';
import { endRun, retryLater } from './end-attempt.ts';
import { extendBudget } from './extend.ts';
import { finishRun } from './finish.ts';
import { reserveMore } from './reserve.ts';
import { commitStep, planStep } from './step.ts';

const { database, pass, sweep: sweepAll } = await openStatements();
const { db } = database;

/** What the sweeper finds of a run. */
const sweep = async (runId: string) => (await sweepAll()).filter((swept) => swept.runId === runId);

afterEach(async () => {
  expect(await budgetViolations(db)).toEqual([]);
});

interface Limits {
  cost?: number;
  seconds?: number;
  steps?: number;
  daily?: number;
}

/** A queued run under limits; costs in micro-dollars. Its first step takes 1,000 and no less than 100. */
async function limited({ cost, seconds, steps, daily }: Limits = {}) {
  const ids = await queuedRun(db, steps === undefined ? {} : { maxSteps: steps });
  await db.execute(sql`UPDATE runs SET max_cost_micro_usd = ${cost ?? null}::bigint,
    max_duration_seconds = ${seconds ?? null}::int WHERE id = ${ids.runId}`);
  if (daily !== undefined) await allow(ids.userId, daily);
  return ids;
}

const allow = (userId: string, daily: number) =>
  db.execute(sql`UPDATE users SET daily_cost_limit_micro_usd = ${daily}::bigint WHERE id = ${userId}`);

const claim = (runId: string, dispatchNo = 1, dailyLimitMicroUsd: number | null = null) =>
  claimRun(db, {
    runId,
    dispatchNo,
    operationId: operationId(),
    leaseMs: LEASE_MS,
    concurrentRuns: 1_000,
    budget: { ...claimBudget, dailyLimitMicroUsd },
    outcomes: claimOutcomes,
    nextRun: nextRun(),
  });

const fence = (runId: string, epoch = 1) => ({
  runId,
  epoch,
  operationId: operationId(),
  leaseMs: LEASE_MS,
});

interface Commit {
  epoch?: number;
  stepNo?: number;
  intent?: 'finish' | 'continue' | 'handOver';
  costMicroUsd?: number;
  planned?: boolean;
}

const commit = (
  runId: string,
  { epoch = 1, stepNo = 1, intent = 'continue', costMicroUsd = 100, planned = false }: Commit = {},
) =>
  commitStep(db, {
    ...fence(runId, epoch),
    workspaceId: runId.replace('run', 'workspace'),
    step: { ...stepRow(stepNo), costMicroUsd },
    planned,
    calls: [],
    changes: noChanges,
    intent,
    budget: commitBudget,
    summary: null,
    events: [],
    outcomes: commitOutcomes,
    nextRun: nextRun(),
  });

const plan = (runId: string) =>
  planStep(db, { ...fence(runId), step: stepRow(1), calls: [], events: [], ...asksNothing });

const money = async (runId: string) => {
  const { rows } = await db.execute(sql`SELECT r.status, r.cost_micro_usd::int AS cost,
    r.estimated_cost_micro_usd::int AS estimated, r.reserved_micro_usd::int AS reserved,
    (SELECT json_object_agg(d.day, json_build_array(d.spent_micro_usd, d.reserved_micro_usd))
      FROM daily_costs d WHERE d.user_id = r.user_id) AS days
    FROM runs r WHERE r.id = ${runId}`);
  return rows[0];
};

const TODAY = '2026-11-21';

describe('a reservation', () => {
  it('is taken by the claim, settled by the plan, and taken anew by the commit', async () => {
    const { runId } = await limited();
    expect(await claim(runId)).toMatchObject({ status: 'running', reservedMicroUsd: 1_000 });
    expect(await money(runId)).toMatchObject({ cost: 0, reserved: 1_000, days: { [TODAY]: [0, 1_000] } });
    expect(await plan(runId)).toMatchObject({ status: 'running', reservedMicroUsd: 0 });
    expect(await money(runId)).toMatchObject({ cost: 100, reserved: 0, days: { [TODAY]: [100, 0] } });
    expect(await commit(runId, { planned: true })).toMatchObject({ reservedMicroUsd: 1_000 });
    expect(await commit(runId, { stepNo: 2, costMicroUsd: 250 })).toMatchObject({ reservedMicroUsd: 1_000 });
    expect(await money(runId)).toMatchObject({ cost: 350, reserved: 1_000, days: { [TODAY]: [350, 1_000] } });
    await commit(runId, { stepNo: 3, intent: 'handOver' });
    expect(await money(runId)).toMatchObject({ cost: 450, reserved: 0, days: { [TODAY]: [450, 0] } });
  });

  it('is taken and settled once though every answer is lost (E3)', async () => {
    const { runId } = await limited();
    database.loseAnswers(1);
    expect(await claim(runId)).toMatchObject({ reservedMicroUsd: 1_000 });
    database.loseAnswers(1);
    await commit(runId);
    database.loseAnswers(1);
    expect(
      await reserveMore(db, {
        ...fence(runId),
        stepNo: 2,
        budget: { ...commitBudget, nextStep: { leastMicroUsd: 10, mostMicroUsd: 5_000 } },
        outcomes: asksNothing.outcomes,
      }),
    ).toMatchObject({ status: 'running', reservedMicroUsd: 5_000 });
    expect(await money(runId)).toMatchObject({ cost: 100, reserved: 5_000, days: { [TODAY]: [100, 5_000] } });
  });

  it('is not needed to carry out a plan that is paid for', async () => {
    const { runId } = await limited({ cost: 100 });
    await claim(runId);
    await plan(runId);
    await pass(LEASE_MS);
    expect(await claim(runId)).toMatchObject({ status: 'running', epoch: 2, reservedMicroUsd: 0 });
    expect(await commit(runId, { epoch: 2, planned: true })).toMatchObject({ status: 'waiting' });
  });

  it('counts on the day it was taken, and the next step on its own', async () => {
    const { runId } = await limited();
    await claim(runId);
    await pass(12 * 3_600_000 - 1_000);
    await db.execute(
      sql`UPDATE runs SET lease_expires_at = engine_now() + interval '1 minute' WHERE id = ${runId}`,
    );
    await pass(1_000);
    await commit(runId);
    expect(await money(runId)).toMatchObject({ days: { [TODAY]: [100, 0], '2026-11-22': [0, 1_000] } });
    await pass(-12 * 3_600_000);
  });
});

describe('a worker that is gone', () => {
  it.each([
    ['the next claim', async (runId: string) => expect(await claim(runId)).toMatchObject({ epoch: 2 })],
    ['the sweeper', async (runId: string) => expect(await sweep(runId)).toHaveLength(1)],
    ['a cancel', async (runId: string) => cancelRun(db, control(runId, 'run.cancelled'))],
  ])('has spent what it reserved, as %s finds', async (_, find) => {
    const { runId } = await limited();
    await claim(runId);
    await pass(LEASE_MS);
    await find(runId);
    expect(await money(runId)).toMatchObject({ cost: 1_000, estimated: 1_000 });
    expect(await commit(runId)).toBeNull();
    await cancelRun(db, control(runId, 'run.cancelled'));
  });

  it('has been at it to the end of its lease', async () => {
    const { runId } = await limited();
    await claim(runId);
    await pass(10 * LEASE_MS);
    await sweep(runId);
    const { rows } = await db.execute(sql`SELECT active_ms::int AS ms FROM runs WHERE id = ${runId}`);
    expect(rows).toEqual([{ ms: LEASE_MS }]);
    await cancelRun(db, control(runId, 'run.cancelled'));
  });
});

describe('an attempt that ends', () => {
  it.each([
    [undefined, 1_000, 1_000],
    [{ microUsd: 0, isEstimate: false }, 0, 0],
    [{ microUsd: 300, isEstimate: true }, 300, 300],
    [{ microUsd: 3_000, isEstimate: true }, 1_000, 1_000],
  ])(
    'has cost what its worker says (%o), and all that was reserved when nobody does',
    async (charge, cost, estimated) => {
      const { runId } = await limited();
      await claim(runId);
      const charged = charge ? { charge } : {};
      const { outcomes } = asksNothing;
      await retryLater(db, { ...fence(runId), delayMs: 1_000, ...charged, events: [], outcomes });
      expect(await money(runId)).toMatchObject({ cost, estimated, reserved: 0 });
      await pass(1_000);
      await claim(runId, 2);
      await endRun(db, {
        ...fence(runId, 2),
        error: null,
        ...charged,
        events: [],
        outcomes,
        nextRun: nextRun(),
      });
      expect(await money(runId)).toMatchObject({ status: 'cancelled', cost: 2 * cost, reserved: 0 });
    },
  );

  it('gives back what it did not use, when a run that is answered ends without asking', async () => {
    const { runId } = await limited();
    await claim(runId);
    await finishRun(db, {
      ...fence(runId),
      inboxSeq: 0,
      outcomes: { ...asksNothing.outcomes, completed: event('run.resumed') },
      nextRun: nextRun(),
    });
    expect(await money(runId)).toMatchObject({ status: 'completed', cost: 0, days: { [TODAY]: [0, 0] } });
  });
});

describe('a cost limit', () => {
  it('lets the last step have what is left, and the one after it wait', async () => {
    const { runId } = await limited({ cost: 1_500 });
    await claim(runId);
    expect(await commit(runId, { costMicroUsd: 1_000 })).toMatchObject({
      status: 'running',
      reservedMicroUsd: 500,
    });
    const waiting = await commit(runId, { stepNo: 2, costMicroUsd: 450, intent: 'handOver' });
    expect(waiting).toMatchObject({ status: 'waiting', reservedMicroUsd: 0 });
    expect(waiting?.events.map(({ type, data }) => ({ type, data }))).toEqual([
      { type: 'budget.reached', data: { budget: 'cost', limit: 0.0015, used: 0.00145, needed: 0.00155 } },
      { type: 'run.waiting', data: { waitingFor: 'budget', budget: 'cost' } },
    ]);
    expect(await claim(runId)).toBeNull();
    expect(await refusedClaim(db, runId, 1)).toEqual({ kind: 'stale', status: 'waiting' });
  });

  it('is extended by as much as the next step needs, and not by less', async () => {
    const { runId } = await limited({ cost: 1_000 });
    await claim(runId);
    await commit(runId, { costMicroUsd: 950 });
    const extend = (maxCostMicroUsd: number) =>
      extendBudget(db, { ...control(runId, 'run.resumed'), maxCostMicroUsd });
    expect(await extend(1_049)).toMatchObject({ status: 'waiting', events: [] });
    expect(await extend(1_050)).toMatchObject({ status: 'queued', dispatchNo: 2 });
    expect(await extend(1_050)).toBeNull();
    expect(await claim(runId, 2)).toMatchObject({ status: 'running', reservedMicroUsd: 100 });
  });

  it('is told of at 80 %, once, and again after an extension', async () => {
    const { runId } = await limited({ cost: 2_000 });
    await claim(runId);
    await commit(runId, { costMicroUsd: 1_590 });
    await commit(runId, { stepNo: 2, costMicroUsd: 10 });
    await commit(runId, { stepNo: 3, costMicroUsd: 10 });
    await extendBudget(db, { ...control(runId, 'run.resumed'), maxCostMicroUsd: 2_010 });
    await commit(runId, { stepNo: 4, costMicroUsd: 10 });
    expect(await eventTypes(db, runId)).toEqual([
      'run.queued',
      'run.started',
      'budget.warning',
      'budget.warning',
    ]);
  });

  it('is not set by an extension of one that is not there', async () => {
    const { runId } = await limited();
    expect(
      await extendBudget(db, { ...control(runId, 'run.resumed'), maxCostMicroUsd: 5, maxSteps: 200 }),
    ).not.toBeNull();
    const { rows } = await db.execute(
      sql`SELECT max_steps, max_cost_micro_usd FROM runs WHERE id = ${runId}`,
    );
    expect(rows).toEqual([{ max_steps: 200, max_cost_micro_usd: null }]);
  });
});

describe('a time limit', () => {
  it('counts what workers held the run, over waits and pauses, and stops it at the next commit', async () => {
    const { runId } = await limited({ seconds: 60 });
    await claim(runId);
    await pass(30_000);
    await pauseRun(db, control(runId, 'run.paused'));
    expect(await commit(runId)).toMatchObject({ status: 'paused' });
    await pass(3_600_000);
    await resumeRun(db, control(runId, 'run.resumed'));
    expect(await claim(runId, 2)).toMatchObject({ status: 'running' });
    await pass(29_999);
    expect(await commit(runId, { epoch: 2, stepNo: 2 })).toMatchObject({ status: 'running' });
    await pass(1);
    expect(await commit(runId, { epoch: 2, stepNo: 3 })).toMatchObject({ status: 'waiting' });
    const extended = { ...control(runId, 'run.resumed'), maxDurationSeconds: 61 };
    expect(await extendBudget(db, extended)).toMatchObject({ status: 'queued' });
    expect(await eventTypes(db, runId)).toEqual([
      'run.queued',
      'run.started',
      'run.paused',
      'run.resumed',
      'budget.warning',
      'budget.reached',
      'run.waiting',
      'run.resumed',
    ]);
  });
});

describe('a daily limit', () => {
  it("is the deployment's until the user sets one", async () => {
    const { runId, userId } = await limited();
    expect(await claim(runId, 1, 99)).toMatchObject({ status: 'waiting' });
    await allow(userId, 150);
    await resumeRun(db, control(runId, 'run.resumed'));
    expect(await claim(runId, 2, 99)).toMatchObject({ status: 'running', reservedMicroUsd: 150 });
  });

  it('makes a run wait until midnight in Greenwich, and it starts then by itself', async () => {
    const { runId } = await limited({ daily: 50 });
    expect((await claim(runId))?.events).toMatchObject([
      { type: 'budget.reached', data: { budget: 'dailyCost', limit: 0.00005, used: 0, needed: 0.0001 } },
      { type: 'run.waiting', data: { waitingFor: 'budget', budget: 'dailyCost' } },
    ]);
    expect(await sweep(runId)).toEqual([]);
    expect(await refusedClaim(db, runId, 1)).toEqual({ kind: 'stale', status: 'waiting' });
    await pass(12 * 3_600_000);
    await allow(runId.replace('run', 'user'), 5_000);
    expect(await sweep(runId)).toMatchObject([{ runId, status: 'waiting', dispatchNo: 1 }]);
    expect(await claim(runId)).toMatchObject({ status: 'running', reservedMicroUsd: 1_000 });
    expect((await eventTypes(db, runId)).slice(-2)).toEqual(['run.waiting', 'run.started']);
    await pass(-12 * 3_600_000);
  });

  it('looks again soon where other runs only reserve it, without a word and without becoming poison', async () => {
    const { runId, userId } = await limited({ daily: 1_000 });
    const other = await queuedRun(db);
    await db.execute(sql`UPDATE runs SET user_id = ${userId} WHERE id = ${other.runId}`);
    await claim(other.runId);
    for (let look = 0; look < 10; look++) {
      expect(await claim(runId)).toMatchObject({ status: 'waiting', events: look === 0 ? [{}, {}] : [] });
      await db.execute(
        sql`UPDATE runs SET lease_expires_at = engine_now() + interval '1 hour' WHERE id = ${other.runId}`,
      );
      await pass(60_000);
    }
    await commit(other.runId, { intent: 'finish' });
    expect(await claim(runId)).toMatchObject({ status: 'running', reservedMicroUsd: 900 });
  });
});

describe('several limits', () => {
  it('are each to be extended before the run goes on', async () => {
    const { runId } = await limited({ steps: 1, cost: 100 });
    await claim(runId);
    expect((await commit(runId))?.events).toMatchObject([
      { type: 'budget.warning', data: { budget: 'cost' } },
      { type: 'budget.reached', data: { budget: 'steps' } },
      { type: 'run.waiting', data: { budget: 'steps' } },
    ]);
    const raise = (raised: object) => extendBudget(db, { ...control(runId, 'run.resumed'), ...raised });
    expect(await raise({ maxSteps: 5 })).toMatchObject({ status: 'waiting' });
    expect(await raise({ maxCostMicroUsd: 200 })).toMatchObject({ status: 'queued' });
  });
});
