import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  claimOutcomes,
  commitOutcomes,
  event,
  eventTypes,
  failed,
  noChanges,
  outOfSteps,
  queuedRun,
  stepRow,
} from '../../../test/support/runs.ts';
import { claimRun, refusedClaim } from './claim.ts';
import { cancelRun, extendBudget, pauseRun, resumeRun } from './control.ts';
import { endRun, renewLease, retryLater } from './end-attempt.ts';
import { readContext } from './history.ts';
import { addMessage, takeMessages } from './inbox.ts';
import { startRun } from './start.ts';
import { commitStep, planStep } from './step.ts';
import { makeDue, nextSweepInMs, sweepRuns } from './sweep.ts';

let database: TestDatabase;
let at = Date.parse('2026-11-21T12:00:00Z');

beforeAll(async () => {
  database = await openTestDatabase();
  await database.setNow(new Date(at));
});
afterAll(() => database.close());

const pass = async (milliseconds: number) => {
  at += milliseconds;
  await database.setNow(new Date(at));
};

let operations = 0;
const operationId = () => `operation-${operations++}`;
const LEASE_MS = 60_000;

const claim = (runId: string, dispatchNo = 1, op = operationId()) =>
  claimRun(database.db, { runId, dispatchNo, operationId: op, leaseMs: LEASE_MS, outcomes: claimOutcomes });

const commit = (
  runId: string,
  input: { epoch: number; stepNo: number; intent: 'finish' | 'continue' | 'handOver'; deliveredSeq?: number },
) =>
  commitStep(database.db, {
    runId,
    epoch: input.epoch,
    operationId: operationId(),
    leaseMs: LEASE_MS,
    workspaceId: runId.replace('run', 'workspace'),
    step: stepRow(input.stepNo, input.deliveredSeq ?? 0),
    planned: false,
    calls: [],
    changes: noChanges,
    intent: input.intent,
    summary: input.intent === 'finish' ? 'done' : null,
    events: [],
    outcomes: commitOutcomes,
  });

const control = (runId: string, type: 'run.paused' | 'run.resumed' | 'run.cancelled') => ({
  runId,
  operationId: operationId(),
  event: event(type),
  waiting: outOfSteps,
  approvalTtlMs: 86_400_000,
});

const asksNothing = {
  approvals: [],
  approvalTtlMs: 86_400_000,
  outcomes: { cancelled: event('run.cancelled'), waiting: outOfSteps },
};

const sweep = () =>
  sweepRuns(database.db, {
    limit: 50,
    error: { code: 'poison', message: 'gone' },
    outcomes: {
      paused: [event('run.paused')],
      cancelled: [event('run.cancelled')],
      failed: [failed],
      approvalExpired: [event('run.paused'), event('run.paused')],
    },
  });

describe('a claim', () => {
  it('is won by one of the deliveries of a dispatch and raises the epoch (E2)', async () => {
    const { runId } = await queuedRun(database.db);
    const claims = await Promise.all([claim(runId), claim(runId), claim(runId)]);
    expect(claims.filter((won) => won !== null)).toHaveLength(1);
    expect(claims.find((won) => won !== null)).toMatchObject({ status: 'running', epoch: 1, dispatchNo: 1 });
    expect(await eventTypes(database.db, runId)).toEqual(['run.queued', 'run.started']);
  });

  it('tells a busy run from a stale dispatch and an unknown run (E7)', async () => {
    const { runId } = await queuedRun(database.db);
    await claim(runId);
    await pass(10_000);
    expect(await refusedClaim(database.db, runId, 1)).toEqual({ kind: 'busy', leftMs: 50_000 });
    expect(await refusedClaim(database.db, runId, 2)).toEqual({ kind: 'stale', status: 'running' });
    expect(await refusedClaim(database.db, 'run_none', 1)).toEqual({ kind: 'stale', status: null });
  });

  it('takes over when the lease has run out, and the former worker writes nothing any more', async () => {
    const { runId } = await queuedRun(database.db);
    await claim(runId);
    await pass(LEASE_MS);
    expect(await claim(runId)).toMatchObject({ epoch: 2 });
    expect(await commit(runId, { epoch: 1, stepNo: 1, intent: 'finish' })).toBeNull();
    expect(await renewLease(database.db, { runId, epoch: 1, leaseMs: LEASE_MS })).toBeNull();
    expect(await commit(runId, { epoch: 2, stepNo: 1, intent: 'finish' })).toMatchObject({
      status: 'completed',
    });
    expect(await eventTypes(database.db, runId)).toEqual(['run.queued', 'run.started', 'run.completed']);
  });

  it('ends a run as poison at the ninth time without a commit', async () => {
    const { runId } = await queuedRun(database.db);
    for (let count = 1; count <= 8; count++) {
      expect(await claim(runId)).toMatchObject({ status: 'running', epoch: count });
      await pass(LEASE_MS);
    }
    expect(await claim(runId)).toMatchObject({ status: 'failed' });
    expect(await claim(runId)).toBeNull();
    expect(await eventTypes(database.db, runId)).toEqual(['run.queued', 'run.started', 'run.failed']);
  });
});

describe('a commit', () => {
  it('continues under the same dispatch with a new lease, and hands over under the next', async () => {
    const { runId } = await queuedRun(database.db);
    await claim(runId);
    await pass(50_000);
    expect(await commit(runId, { epoch: 1, stepNo: 1, intent: 'continue' })).toMatchObject({
      status: 'running',
      stepNo: 1,
      dispatchNo: 1,
    });
    expect(await refusedClaim(database.db, runId, 1)).toEqual({ kind: 'busy', leftMs: LEASE_MS });
    expect(await commit(runId, { epoch: 1, stepNo: 2, intent: 'handOver' })).toMatchObject({
      status: 'queued',
      stepNo: 2,
      dispatchNo: 2,
    });
    expect(await refusedClaim(database.db, runId, 1)).toMatchObject({ kind: 'stale' });
    expect(await claim(runId, 2)).toMatchObject({ epoch: 2, stepNo: 2 });
  });

  it('cannot finish past a message it has not read (E1)', async () => {
    const { runId, agentId } = await queuedRun(database.db);
    await claim(runId);
    const placed = await addMessage(database.db, {
      agentId,
      messageId: `m-${runId}`,
      text: 'and this',
      speech: null,
    });
    expect(placed).toEqual({ id: `m-${runId}`, runId, seq: 1, ahead: 0, eventSeq: 3 });
    expect(await commit(runId, { epoch: 1, stepNo: 1, intent: 'finish' })).toMatchObject({
      status: 'running',
      inboxSeq: 1,
    });
    expect(await takeMessages(database.db, { runId, epoch: 1, afterSeq: 0 })).toEqual({
      messages: [{ seq: 1, text: 'and this' }],
      inboxSeq: 1,
    });
    expect(await commit(runId, { epoch: 1, stepNo: 2, intent: 'finish', deliveredSeq: 1 })).toMatchObject({
      status: 'completed',
    });
    expect(
      await addMessage(database.db, { agentId, messageId: 'late', text: 'late', speech: null }),
    ).toBeNull();
  });

  it('waits for the budget at the step limit, until it is extended', async () => {
    const { runId } = await queuedRun(database.db, { maxSteps: 1 });
    await claim(runId);
    expect(await commit(runId, { epoch: 1, stepNo: 1, intent: 'continue' })).toMatchObject({
      status: 'waiting',
    });
    expect(await claim(runId)).toBeNull();
    const extended = await extendBudget(database.db, { ...control(runId, 'run.resumed'), maxSteps: 3 });
    expect(extended).toMatchObject({ status: 'queued', dispatchNo: 2 });
    expect(await extendBudget(database.db, { ...control(runId, 'run.resumed'), maxSteps: 9 })).toMatchObject({
      status: 'queued',
      dispatchNo: 2,
      events: [],
    });
    expect(await eventTypes(database.db, runId)).toEqual([
      'run.queued',
      'run.started',
      'run.waiting',
      'run.resumed',
    ]);
  });

  it('stores edits, calls and the base with the step, and a plan is finished by its commit', async () => {
    const { runId, workspaceId } = await queuedRun(database.db);
    await claim(runId);
    const call = {
      id: `call-${runId}`,
      ordinal: 0,
      providerCallId: 'toolu_1',
      name: 'write_file',
      state: 'planned' as const,
      argumentsSha256: null,
      output: null,
      result: null,
    };
    const fence = { runId, epoch: 1, leaseMs: LEASE_MS };
    await planStep(database.db, {
      ...fence,
      operationId: operationId(),
      step: stepRow(1),
      calls: [call],
      events: [],
      ...asksNothing,
    });
    expect((await readContext(database.db, fence))?.runs[0]?.steps).toMatchObject([
      {
        stepNo: 1,
        committed: false,
        createdAt: '2026-11-21T12:00:00Z',
        calls: [{ id: call.id, state: 'planned' }],
      },
    ]);
    await commitStep(database.db, {
      ...fence,
      operationId: operationId(),
      workspaceId,
      step: stepRow(1),
      planned: true,
      calls: [{ ...call, state: 'completed', output: 'written', result: { bytes: 2 } }],
      changes: {
        baseSha: 'abc',
        put: [
          { path: 'a.ts', content: 'A' },
          { path: 'b.ts', content: null },
        ],
        removed: [],
      },
      intent: 'continue',
      summary: null,
      events: [],
      outcomes: commitOutcomes,
    });
    const context = await readContext(database.db, fence);
    expect(context).toMatchObject({ baseSha: 'abc' });
    expect(context?.files).toEqual([
      { path: 'a.ts', content: 'A' },
      { path: 'b.ts', content: null },
    ]);
    expect(context?.runs[0]?.steps).toMatchObject([
      { committed: true, calls: [{ state: 'completed', output: 'written' }] },
    ]);
    const { rows } = await database.db.execute(
      sql`SELECT input_tokens, cost_micro_usd FROM runs WHERE id = ${runId}`,
    );
    expect(rows).toEqual([{ input_tokens: '10', cost_micro_usd: '100' }]);
  });
});

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
      state: 'planned' as const,
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
    expect(await nextSweepInMs(database.db)).toBeGreaterThan(0);
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

describe('a write whose answer is lost (E3)', () => {
  it('counts a planned step once', async () => {
    const { runId, workspaceId } = await queuedRun(database.db);
    await claim(runId);
    const fence = { runId, epoch: 1, leaseMs: LEASE_MS };
    database.loseAnswers(1);
    expect(
      await planStep(database.db, {
        ...fence,
        operationId: operationId(),
        step: stepRow(1),
        calls: [],
        events: [],
        ...asksNothing,
      }),
    ).toMatchObject({ status: 'running' });
    database.loseAnswers(1);
    const committed = await commitStep(database.db, {
      ...fence,
      operationId: operationId(),
      workspaceId,
      step: stepRow(1),
      planned: true,
      calls: [],
      changes: noChanges,
      intent: 'continue',
      summary: null,
      events: [event('run.resumed')],
      outcomes: commitOutcomes,
    });
    expect(committed).toMatchObject({ status: 'running', stepNo: 1, events: [{ seq: 3 }] });
    expect(await eventTypes(database.db, runId)).toEqual(['run.queued', 'run.started', 'run.resumed']);
  });

  it('is recognised as our own when it is sent again', async () => {
    const { runId, agentId } = await queuedRun(database.db);
    const op = operationId();
    expect(await claim(runId, 1, op)).toMatchObject({ epoch: 1 });
    const messageId = `m-${runId}`;
    await addMessage(database.db, { agentId, messageId, text: 'once', speech: null });
    database.loseAnswers(1);
    expect(
      await addMessage(database.db, { agentId, messageId: `${messageId}-2`, text: 'twice', speech: null }),
    ).toMatchObject({
      seq: 2,
    });
    database.loseAnswers(1);
    expect(await takeMessages(database.db, { runId, epoch: 1, afterSeq: 0 })).toMatchObject({
      messages: [{ text: 'once' }, { text: 'twice' }],
    });
    database.loseAnswers(1);
    expect(await commit(runId, { epoch: 1, stepNo: 1, intent: 'handOver' })).toMatchObject({
      status: 'queued',
      stepNo: 1,
    });
    database.loseAnswers(1);
    expect(await claim(runId, 2)).toMatchObject({ epoch: 2, status: 'running' });
    expect(await eventTypes(database.db, runId)).toEqual([
      'run.queued',
      'run.started',
      'message.received',
      'message.received',
    ]);
  });
});
