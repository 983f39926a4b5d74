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
  waitsForInput,
} from '../../../test/support/runs.ts';
import { openStatements } from '../../../test/support/statements.ts';
import { control, LEASE_MS, operationId } from '../../../test/support/worker.ts';
import { findMessage } from '../message-reads.ts';
import { findRun, listRuns } from '../run-reads.ts';
import { askUser, waitForAnswer } from './ask.ts';
import { withdrawMessage } from './change-message.ts';
import { cancelRun, pauseRun, resumeRun } from './control.ts';
import { readContext } from './history.ts';
import { addMessage } from './inbox.ts';
import { commitStep } from './step.ts';

const { claim, database, pass, sweep } = await openStatements();
const { db } = database;

const outcomes = { cancelled: event('run.cancelled'), paused: event('run.paused'), waiting: waitsForInput };
const callOf = (runId: string) => ({
  id: `${runId}-call`,
  ordinal: 0,
  providerCallId: 'toolu_1',
  name: 'ask_user',
  state: 'awaitingInput' as const,
  marked: false,
  argumentsSha256: null,
  output: null,
  result: null,
});

const ask = (runId: string, epoch = 1, deliveredSeq = 0) =>
  askUser(db, {
    runId,
    epoch,
    operationId: operationId(),
    leaseMs: LEASE_MS,
    step: stepRow(1, deliveredSeq),
    call: callOf(runId),
    events: [],
    question: {
      type: 'question.asked',
      data: { stepNo: 1, question: 'Which one?', choices: ['A', 'B'] },
      speech: 'Which one?',
    },
    outcomes,
  });
const say = (agentId: string, messageId: string, text = 'B') =>
  addMessage(db, { agentId, messageId, text, speech: null, resumed: event('run.resumed') });
const commit = (
  runId: string,
  epoch: number,
  change: { answeredSeq?: number; stuck?: [typeof waitsForInput] },
) =>
  commitStep(db, {
    runId,
    epoch,
    operationId: operationId(),
    leaseMs: LEASE_MS,
    workspaceId: runId.replace('run', 'workspace'),
    step: stepRow(1),
    planned: change.answeredSeq !== undefined,
    calls: [{ ...callOf(runId), state: 'completed', output: 'The user chose: B' }],
    changes: noChanges,
    intent: 'continue',
    summary: null,
    events: [],
    outcomes: commitOutcomes,
    nextRun: nextRun(),
    budget: commitBudget,
    ...change,
  });
const look = async (runId: string) => {
  const { rows } = await db.execute<Record<string, unknown>>(
    sql`SELECT status, waiting_for, asked_seq, inbox_seq, delivered_seq, dispatch_no, sweep_after, lease_expires_at,
      claims_without_commit FROM runs WHERE id = ${runId}`,
  );
  return rows[0];
};
const callState = async (runId: string) => {
  const { rows } = await db.execute<{ state: string; output: string | null }>(
    sql`SELECT state, output FROM tool_calls WHERE run_id = ${runId}`,
  );
  return rows[0];
};

/** A run that waits for its user's answer. */
async function asking() {
  const ids = await queuedRun(db);
  await claim(ids.runId);
  await ask(ids.runId);
  return ids;
}

describe('a question', () => {
  it('is waited for without a worker and without an end, and is there for a phone that opens late', async () => {
    const { runId, organisationId } = await asking();
    expect(await look(runId)).toMatchObject({
      status: 'waiting',
      waiting_for: 'input',
      asked_seq: 0,
      sweep_after: null,
      lease_expires_at: null,
    });
    expect(await eventTypes(db, runId)).toEqual([
      'run.queued',
      'run.started',
      'question.asked',
      'run.waiting',
    ]);
    const question = { text: 'Which one?', choices: ['A', 'B'] };
    expect(await findRun(db, organisationId, runId)).toMatchObject({ waitingFor: 'input', question });
    const list = {
      organisationId,
      agentId: undefined,
      dagExecutionId: undefined,
      status: undefined,
      limit: 5,
      after: undefined,
    };
    expect((await listRuns(db, list)).items).toMatchObject([{ question }]);
    await pass(100 * 86_400_000);
    expect((await sweep()).filter((run) => run.runId === runId)).toEqual([]);
  });

  it('is not put to a user who has written something the model has not heard', async () => {
    const { runId, agentId, organisationId } = await queuedRun(db);
    await claim(runId);
    await say(agentId, `${runId}-early`);
    expect(await ask(runId)).toMatchObject({ status: 'running' });
    expect(await look(runId)).toMatchObject({ waiting_for: null, asked_seq: null });
    expect(await eventTypes(db, runId)).not.toContain('question.asked');
    expect(await findRun(db, organisationId, runId)).toMatchObject({ question: null });
    expect(await readContext(db, { runId, epoch: 1 })).toMatchObject({
      askedSeq: null,
      runs: [{ messages: [] }],
    });
  });

  it.each([
    ['a pause', pauseRun, 'paused', ['question.asked', 'run.paused']],
    ['a cancel', cancelRun, 'cancelled', ['run.cancelled']],
  ] as const)('gives way to %s that was asked for meanwhile', async (_, verb, status, types) => {
    const { runId } = await queuedRun(db);
    await claim(runId);
    await verb(db, control(runId, verb === pauseRun ? 'run.paused' : 'run.cancelled'));
    expect(await ask(runId)).toMatchObject({ status });
    expect((await eventTypes(db, runId)).slice(2)).toEqual(types);
    expect((await callState(runId))?.state).toBe(status === 'paused' ? 'awaitingInput' : 'skipped');
  });

  it('is put once though the answer of the database is lost', async () => {
    const { runId } = await queuedRun(db);
    await claim(runId);
    database.loseAnswers(1);
    expect(await ask(runId)).toMatchObject({ status: 'waiting' });
    expect((await eventTypes(db, runId)).filter((type) => type === 'question.asked')).toHaveLength(1);
  });

  it('ends with its run: nobody is said to have answered', async () => {
    const { runId, organisationId } = await asking();
    await cancelRun(db, control(runId, 'run.cancelled'));
    expect(await callState(runId)).toEqual({ state: 'skipped', output: 'Not run: the run ended before.' });
    expect(await findRun(db, organisationId, runId)).toMatchObject({ status: 'cancelled', question: null });
  });

  it('ends with its run while a worker takes up the answer, and was still not run', async () => {
    const { runId, agentId } = await asking();
    await say(agentId, `${runId}-1`);
    await claim(runId, 2);
    await pass(LEASE_MS);
    await cancelRun(db, control(runId, 'run.cancelled'));
    expect(await callState(runId)).toMatchObject({ state: 'skipped' });
  });
});

describe('the next message', () => {
  it('queues the run, and the one after it only joins', async () => {
    const { runId, agentId } = await asking();
    database.loseAnswers(1);
    const first = await say(agentId, `${runId}-1`);
    expect(first).toMatchObject({ seq: 1, ahead: 0, resumed: { dispatchNo: 2, sweepNo: 0 } });
    expect(await say(agentId, `${runId}-2`)).toMatchObject({ seq: 2, ahead: 1, resumed: null });
    expect(await look(runId)).toMatchObject({
      status: 'queued',
      waiting_for: null,
      dispatch_no: 2,
      inbox_seq: 2,
    });
    expect((await look(runId))?.sweep_after).not.toBeNull();
    expect((await eventTypes(db, runId)).slice(4)).toEqual([
      'message.received',
      'run.resumed',
      'message.received',
    ]);
  });

  it('is taken by the worker with those behind it, and is delivered with the step that asked', async () => {
    const { runId, agentId, organisationId } = await asking();
    const answer = `${runId}-1`;
    await say(agentId, answer);
    await say(agentId, `${runId}-2`, 'And be quick');
    await claim(runId, 2);
    const context = await readContext(db, { runId, epoch: 2 });
    expect(context).toMatchObject({
      askedSeq: 0,
      inboxSeq: 2,
      runs: [{ messages: [{ seq: 1 }, { seq: 2 }], steps: [{ committed: false, answeredSeq: null }] }],
    });
    expect(await withdrawMessage(db, { agentId, messageId: answer, speech: null })).toBeNull();
    expect(await commit(runId, 2, { answeredSeq: 1 })).toMatchObject({ status: 'running', stepNo: 1 });
    expect(await look(runId)).toMatchObject({ asked_seq: null, delivered_seq: 1 });
    expect(await findMessage(db, { organisationId, agentId }, answer)).toMatchObject({
      state: 'delivered',
      deliveredStep: 1,
    });
    expect((await readContext(db, { runId, epoch: 2 }))?.runs[0]?.steps).toMatchObject([{ answeredSeq: 1 }]);
  });

  it('leaves a paused run paused, and is its answer when that is resumed', async () => {
    const { runId, agentId } = await asking();
    await pauseRun(db, control(runId, 'run.paused'));
    expect(await resumeRun(db, control(runId, 'run.resumed'))).toMatchObject({ status: 'waiting' });
    expect(await look(runId)).toMatchObject({ waiting_for: 'input', sweep_after: null, dispatch_no: 2 });
    await pauseRun(db, control(runId, 'run.paused'));
    expect(await say(agentId, `${runId}-1`)).toMatchObject({ resumed: null });
    expect(await look(runId)).toMatchObject({ status: 'paused' });
    expect(await resumeRun(db, control(runId, 'run.resumed'))).toMatchObject({
      status: 'queued',
      dispatchNo: 4,
    });
    expect((await eventTypes(db, runId)).slice(4)).toEqual([
      'run.paused',
      'run.waiting',
      'run.paused',
      'message.received',
      'run.resumed',
    ]);
  });
});

describe('an answer that was withdrawn', () => {
  const wait = (runId: string, inboxSeq: number, epoch = 2) =>
    waitForAnswer(db, { runId, epoch, operationId: operationId(), leaseMs: LEASE_MS, inboxSeq, outcomes });

  async function withdrawn() {
    const ids = await asking();
    await say(ids.agentId, `${ids.runId}-1`);
    await withdrawMessage(db, { agentId: ids.agentId, messageId: `${ids.runId}-1`, speech: null });
    await claim(ids.runId, 2);
    return ids;
  }

  it('lets the run wait again, for those who come after it', async () => {
    const { runId, agentId, organisationId } = await withdrawn();
    expect(await readContext(db, { runId, epoch: 2 })).toMatchObject({
      inboxSeq: 1,
      runs: [{ messages: [] }],
    });
    expect(await wait(runId, 1, 1)).toBeNull();
    database.loseAnswers(1);
    expect(await wait(runId, 1)).toMatchObject({ status: 'waiting' });
    expect(await look(runId)).toMatchObject({ waiting_for: 'input', asked_seq: 1, claims_without_commit: 0 });
    expect(await findRun(db, organisationId, runId)).toMatchObject({ question: { text: 'Which one?' } });
    expect(await say(agentId, `${runId}-2`)).toMatchObject({ resumed: { dispatchNo: 3 } });
  });

  it('gives way to a message that has come in since, a pause and a cancel', async () => {
    const told = await withdrawn();
    await say(told.agentId, `${told.runId}-2`);
    expect(await wait(told.runId, 1)).toMatchObject({ status: 'running', inboxSeq: 2 });
    const paused = await withdrawn();
    await pauseRun(db, control(paused.runId, 'run.paused'));
    expect(await wait(paused.runId, 1)).toMatchObject({ status: 'paused' });
    expect(await resumeRun(db, control(paused.runId, 'run.resumed'))).toMatchObject({ status: 'waiting' });
    const cancelled = await withdrawn();
    await cancelRun(db, control(cancelled.runId, 'run.cancelled'));
    expect(await wait(cancelled.runId, 1)).toMatchObject({ status: 'cancelled' });
    expect((await callState(cancelled.runId))?.state).toBe('skipped');
  });
});

describe('a run that goes in circles', () => {
  const stuck = { stuck: [waitsForInput] as [typeof waitsForInput] };

  it('waits for its user instead of its budget, and the next message resumes it', async () => {
    const { runId, agentId } = await queuedRun(db, { maxSteps: 1 });
    await claim(runId);
    expect(await commit(runId, 1, stuck)).toMatchObject({ status: 'waiting' });
    expect(await look(runId)).toMatchObject({ waiting_for: 'input', asked_seq: 0, sweep_after: null });
    expect((await eventTypes(db, runId)).slice(2)).toEqual(['budget.warning', 'run.waiting']);
    expect(await say(agentId, `${runId}-1`)).toMatchObject({ resumed: { dispatchNo: 2 } });
  });

  it('hears first what its user has said meanwhile, and heeds a pause', async () => {
    const told = await queuedRun(db);
    await claim(told.runId);
    await say(told.agentId, `${told.runId}-1`);
    expect(await commit(told.runId, 1, stuck)).toMatchObject({ status: 'running' });
    expect(await look(told.runId)).toMatchObject({ asked_seq: null });
    const paused = await queuedRun(db);
    await claim(paused.runId);
    await pauseRun(db, control(paused.runId, 'run.paused'));
    expect(await commit(paused.runId, 1, stuck)).toMatchObject({ status: 'paused' });
    expect((await eventTypes(db, paused.runId)).slice(2)).toEqual(['run.paused']);
  });
});
