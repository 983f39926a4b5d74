import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import {
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
import { refusedClaim } from './claim.ts';
import { renewLease } from './end-attempt.ts';
import { extendBudget } from './extend.ts';
import { readContext } from './history.ts';
import { addMessage, takeMessages } from './inbox.ts';
import { commitStep, planStep } from './step.ts';

const { claim, commit, database, pass } = await openStatements();

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
      resumed: event('run.resumed'),
    });
    expect(placed).toEqual({ id: `m-${runId}`, runId, seq: 1, ahead: 0, eventSeq: 3, resumed: null });
    expect(await commit(runId, { epoch: 1, stepNo: 1, intent: 'finish' })).toMatchObject({
      status: 'running',
      inboxSeq: 1,
    });
    expect(await takeMessages(database.db, { runId, epoch: 1, afterSeq: 0 })).toMatchObject({
      messages: [{ seq: 1, text: 'and this' }],
      inboxSeq: 1,
    });
    expect(await commit(runId, { epoch: 1, stepNo: 2, intent: 'finish', deliveredSeq: 1 })).toMatchObject({
      status: 'completed',
    });
    expect(
      await addMessage(database.db, {
        agentId,
        messageId: 'late',
        text: 'late',
        speech: null,
        resumed: event('run.resumed'),
      }),
    ).toBeNull();
  });

  it('stores what Postgres would refuse in a text', async () => {
    const { runId, workspaceId } = await queuedRun(database.db);
    await claim(runId);
    const odd = `half ${'😀'.slice(0, 1)} and \0`;
    const committed = await commitStep(database.db, {
      runId,
      epoch: 1,
      operationId: operationId(),
      leaseMs: LEASE_MS,
      workspaceId,
      step: { ...stepRow(1), content: [{ type: 'text', text: odd }] },
      planned: false,
      calls: [],
      changes: noChanges,
      intent: 'finish',
      summary: odd,
      events: [{ type: 'message.completed', data: { stepNo: 1, text: odd }, speech: odd }],
      budget: commitBudget,
      outcomes: { ...commitOutcomes, completed: { ...commitOutcomes.completed, speech: odd } },
      nextRun: nextRun(),
    });
    expect(committed).toMatchObject({ status: 'completed' });
    const { rows } = await database.db.execute(sql`SELECT summary FROM runs WHERE id = ${runId}`);
    expect(rows).toEqual([{ summary: 'half \ufffd and ' }]);
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
      'budget.reached',
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
      marked: false,
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
      budget: commitBudget,
      outcomes: commitOutcomes,
      nextRun: nextRun(),
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
      budget: commitBudget,
      outcomes: commitOutcomes,
      nextRun: nextRun(),
    });
    // Which numbers its events got is in the log: others may have added theirs before we looked.
    expect(committed).toMatchObject({ status: 'running', stepNo: 1, events: [] });
    expect(await eventTypes(database.db, runId)).toEqual(['run.queued', 'run.started', 'run.resumed']);
  });

  it('is recognised as our own when it is sent again', async () => {
    const { runId, agentId } = await queuedRun(database.db);
    expect(await claim(runId)).toMatchObject({ epoch: 1 });
    const messageId = `m-${runId}`;
    await addMessage(database.db, {
      agentId,
      messageId,
      text: 'once',
      speech: null,
      resumed: event('run.resumed'),
    });
    database.loseAnswers(1);
    expect(
      await addMessage(database.db, {
        agentId,
        messageId: `${messageId}-2`,
        text: 'twice',
        speech: null,
        resumed: event('run.resumed'),
      }),
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
