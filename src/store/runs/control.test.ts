import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { event, eventTypes, failed, nextRun, queuedRun, stepRow } from '../../../test/support/runs.ts';
import { asksNothing, openStatements } from '../../../test/support/statements.ts';
import { control, LEASE_MS, operationId } from '../../../test/support/worker.ts';
import { refusedClaim } from './claim.ts';
import { cancelRun, pauseRun, resumeRun } from './control.ts';
import { endRun, renewLease, retryLater } from './end-attempt.ts';
import { startRun } from './start.ts';
import { planStep } from './step.ts';
import { makeDue, nextSweep } from './sweep.ts';

const { claim, commit, database, pass, sweep } = await openStatements();

describe('what the user asks', () => {
  it('pauses a queued run at once, and resuming twice dispatches once', async () => {
    const { runId } = await queuedRun(database.db);
    expect(await pauseRun(database.db, control(runId, 'run.paused'))).toMatchObject({
      status: 'paused',
      dispatchNo: 2,
    });
    expect(await pauseRun(database.db, control(runId, 'run.paused'))).toBeNull();
    expect(await claim(runId)).toBeNull();
    const resumes = await Promise.all([
      resumeRun(database.db, control(runId, 'run.resumed')),
      resumeRun(database.db, control(runId, 'run.resumed')),
    ]);
    expect(resumes.filter((won) => won !== null)).toMatchObject([{ status: 'queued', dispatchNo: 3 }]);
    expect(await eventTypes(database.db, runId)).toEqual(['run.queued', 'run.paused', 'run.resumed']);
  });

  it('pauses a running run at its next commit, unless it is resumed before', async () => {
    const { runId } = await queuedRun(database.db);
    await claim(runId);
    expect(await pauseRun(database.db, control(runId, 'run.paused'))).toMatchObject({
      status: 'running',
      events: [],
    });
    expect(await resumeRun(database.db, control(runId, 'run.resumed'))).toMatchObject({ status: 'running' });
    expect(await commit(runId, { epoch: 1, stepNo: 1, intent: 'continue' })).toMatchObject({
      status: 'running',
    });
    await pauseRun(database.db, control(runId, 'run.paused'));
    expect(await commit(runId, { epoch: 1, stepNo: 2, intent: 'continue' })).toMatchObject({
      status: 'paused',
    });
    expect(await eventTypes(database.db, runId)).toEqual(['run.queued', 'run.started', 'run.paused']);
  });

  it('cancels at once what nobody works at, and flags what somebody does', async () => {
    const idle = await queuedRun(database.db);
    expect(await cancelRun(database.db, control(idle.runId, 'run.cancelled'))).toMatchObject({
      status: 'cancelled',
    });
    expect(await cancelRun(database.db, control(idle.runId, 'run.cancelled'))).toBeNull();
    expect(await claim(idle.runId)).toBeNull();

    const { runId } = await queuedRun(database.db);
    await claim(runId);
    expect(await cancelRun(database.db, control(runId, 'run.cancelled'))).toMatchObject({
      status: 'running',
    });
    expect(await renewLease(database.db, { runId, epoch: 1, leaseMs: LEASE_MS })).toEqual({
      cancelRequested: true,
      pauseRequested: false,
    });
    expect(await commit(runId, { epoch: 1, stepNo: 1, intent: 'finish' })).toMatchObject({
      status: 'cancelled',
    });
    expect(await eventTypes(database.db, runId)).toEqual(['run.queued', 'run.started', 'run.cancelled']);
  });

  it('decides by one reading of the clock, however fast that runs', async () => {
    const { runId } = await queuedRun(database.db);
    await claim(runId);
    // Each reading is a minute later than the one before: the lease ends between any two of them.
    await database.db.execute(sql`CREATE SEQUENCE IF NOT EXISTS ticks`);
    await database.db.execute(sql`CREATE OR REPLACE FUNCTION engine_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
      'SELECT timestamptz ''2026-11-21T12:00:00Z'' + nextval(''ticks'') * interval ''1 minute'''`);
    const moved = await cancelRun(database.db, control(runId, 'run.cancelled'));
    await pass(0);
    const { rows } = await database.db.execute<Record<string, unknown>>(
      sql`SELECT status, sweep_after IS NULL AS unwatched, finished_at IS NULL AS open FROM runs WHERE id = ${runId}`,
    );
    const isOver = moved?.status === 'cancelled';
    expect(rows).toEqual([{ status: moved?.status, unwatched: isOver, open: !isOver }]);
    await eventTypes(database.db, runId);
  });

  it('absorbs everything in a terminal state (E8)', async () => {
    const { runId } = await queuedRun(database.db);
    await claim(runId);
    await endRun(database.db, {
      runId,
      epoch: 1,
      operationId: operationId(),
      error: { code: 'modelRefused', message: 'no' },
      events: [],
      outcomes: { cancelled: event('run.cancelled'), failed },
      nextRun: nextRun(),
    });
    for (const verb of [cancelRun, pauseRun, resumeRun]) {
      expect(await verb(database.db, control(runId, 'run.cancelled'))).toBeNull();
    }
    expect(await claim(runId)).toBeNull();
    expect(await eventTypes(database.db, runId)).toEqual(['run.queued', 'run.started', 'run.failed']);
  });

  it('starts no second run beside an active one (E13)', async () => {
    const { agentId, runId } = await queuedRun(database.db);
    const second = { agentId, prompt: 'more', engineVersion: 1, event: event('run.started') };
    expect(await startRun(database.db, { ...second, runId: `${runId}-2` })).toBe(false);
    await cancelRun(database.db, control(runId, 'run.cancelled'));
    expect(await startRun(database.db, { ...second, runId: `${runId}-3` })).toBe(true);
  });
});

describe('the sweeper', () => {
  it('finds a queued run that nobody took up, with growing patience and the same dispatch (E4)', async () => {
    const { runId } = await queuedRun(database.db);
    const mine = async () => (await sweep()).filter((run) => run.runId === runId);
    await pass(29_000);
    expect(await mine()).toEqual([]);
    await pass(1_000);
    expect(await mine()).toMatchObject([{ status: 'queued', dispatchNo: 1, sweepNo: 1 }]);
    expect(await mine()).toEqual([]);
    await pass(30_000);
    expect(await mine()).toMatchObject([{ sweepNo: 2 }]);
    await pass(30_000);
    expect(await mine()).toEqual([]);
    await pass(30_000);
    expect(await mine()).toMatchObject([{ sweepNo: 3 }]);
    expect(await claim(runId)).toMatchObject({ epoch: 1 });
  });

  it('queues a run anew whose worker is gone, and the old dispatch is stale (E5)', async () => {
    const { runId } = await queuedRun(database.db);
    await claim(runId);
    await pass(LEASE_MS);
    expect((await sweep()).filter((run) => run.runId === runId)).toMatchObject([
      { status: 'queued', dispatchNo: 2, sweepNo: 0 },
    ]);
    expect(await claim(runId, 1)).toBeNull();
    expect(await claim(runId, 2)).toMatchObject({ epoch: 3 });
  });

  it('ends a lost run that was cancelled, and its planned calls want review', async () => {
    const { runId } = await queuedRun(database.db);
    await claim(runId);
    const call = {
      id: `call-${runId}`,
      ordinal: 0,
      providerCallId: 'toolu_1',
      name: 'commit',
      state: 'executing' as const,
      marked: false,
      argumentsSha256: null,
      output: null,
      result: null,
    };
    await planStep(database.db, {
      runId,
      epoch: 1,
      operationId: operationId(),
      leaseMs: LEASE_MS,
      step: stepRow(1),
      calls: [call],
      events: [],
      ...asksNothing,
    });
    await cancelRun(database.db, control(runId, 'run.cancelled'));
    await pass(LEASE_MS);
    expect((await sweep()).filter((run) => run.runId === runId)).toMatchObject([{ status: 'cancelled' }]);
    const { rows } = await database.db.execute(sql`SELECT state FROM tool_calls WHERE run_id = ${runId}`);
    expect(rows).toEqual([{ state: 'needsReview' }]);
    expect(await eventTypes(database.db, runId)).toEqual(['run.queued', 'run.started', 'run.cancelled']);
  });

  it('rings a timer that nobody rang', async () => {
    const { runId } = await queuedRun(database.db);
    await claim(runId);
    const waiting = await retryLater(database.db, {
      runId,
      epoch: 1,
      operationId: operationId(),
      delayMs: 5_000,
      events: [],
      outcomes: { cancelled: event('run.cancelled'), paused: event('run.paused') },
    });
    expect(waiting).toMatchObject({ status: 'waiting', dispatchNo: 2, wakeInMs: 5_000 });
    expect(await claim(runId, 2)).toBeNull();
    expect(await refusedClaim(database.db, runId, 2)).toEqual({ kind: 'busy', leftMs: 5_000 });
    await pass(35_000);
    expect((await sweep()).filter((run) => run.runId === runId)).toMatchObject([
      { status: 'waiting', dispatchNo: 2 },
    ]);
    expect(await claim(runId, 2)).toMatchObject({ status: 'running', epoch: 2 });
  });

  it('looks at once where the queue has given up, and knows when the next look is due', async () => {
    const { runId } = await queuedRun(database.db);
    await makeDue(database.db, { runId, dispatchNo: 2, inMs: 0 });
    expect((await sweep()).filter((run) => run.runId === runId)).toEqual([]);
    await makeDue(database.db, { runId, dispatchNo: 1, inMs: 0 });
    expect((await sweep()).filter((run) => run.runId === runId)).toHaveLength(1);
    expect((await nextSweep(database.db)).inMs).toBeGreaterThan(0);
  });

  it('looks again soon where the queue took nothing, however patient it has become', async () => {
    const { runId } = await queuedRun(database.db);
    await database.db.execute(
      sql`UPDATE runs SET sweep_no = 9, sweep_after = engine_now() + interval '10 minutes' WHERE id = ${runId}::text`,
    );
    await makeDue(database.db, { runId, dispatchNo: 1, inMs: 30_000 });
    const { rows } = await database.db.execute<{ soon: boolean }>(
      sql`SELECT sweep_after <= engine_now() + interval '30 seconds' AS soon FROM runs WHERE id = ${runId}::text`,
    );
    expect(rows).toEqual([{ soon: true }]);
  });
});
