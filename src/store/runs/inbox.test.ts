import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
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
import { editMessage, withdrawMessage } from './change-message.ts';
import { claimRun } from './claim.ts';
import { cancelRun, pauseRun } from './control.ts';
import { finishRun } from './finish.ts';
import { readContext } from './history.ts';
import { addMessage, takeMessages } from './inbox.ts';
import { startRun } from './start.ts';
import { commitStep } from './step.ts';

let database: TestDatabase;
let count = 0;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const operationId = () => `operation-${count++}`;
const LEASE_MS = 60_000;

const claim = (runId: string) =>
  claimRun(database.db, {
    runId,
    dispatchNo: 1,
    operationId: operationId(),
    leaseMs: LEASE_MS,
    concurrentRuns: 1_000,
    budget: claimBudget,
    outcomes: claimOutcomes,
    nextRun: nextRun(),
  });
const cancel = (runId: string) =>
  cancelRun(database.db, { runId, operationId: operationId(), event: event('run.cancelled') });
const add = (agentId: string, messageId: string, text = messageId) =>
  addMessage(database.db, { agentId, messageId, text, speech: null, resumed: event('run.resumed') });
const edit = (agentId: string, messageId: string, text: string) =>
  editMessage(database.db, { agentId, messageId, text, speech: null });
const withdraw = (agentId: string, messageId: string) =>
  withdrawMessage(database.db, { agentId, messageId, speech: null });
const take = (runId: string, afterSeq: number, epoch = 1) =>
  takeMessages(database.db, { runId, epoch, afterSeq });

/** A run with a worker and messages that nobody has heard, named after their numbers. */
async function busyRun(messages: number) {
  const ids = await queuedRun(database.db);
  await claim(ids.runId);
  const named = (seq: number) => `${ids.runId}-${seq}`;
  for (let seq = 1; seq <= messages; seq++) await add(ids.agentId, named(seq));
  return { ...ids, named };
}

describe('a message', () => {
  it('is taken with its latest text, and then stays as it is', async () => {
    const { runId, agentId, named } = await busyRun(2);
    expect(await edit(agentId, named(2), 'better')).toEqual({ runId, eventSeq: 5 });
    expect(await take(runId, 0)).toMatchObject({
      messages: [
        { seq: 1, text: named(1) },
        { seq: 2, text: 'better' },
      ],
      inboxSeq: 2,
    });
    expect(await edit(agentId, named(2), 'too late')).toBeNull();
    expect(await withdraw(agentId, named(2))).toBeNull();
    expect(await eventTypes(database.db, runId)).toEqual([
      'run.queued',
      'run.started',
      'message.received',
      'message.received',
      'message.edited',
    ]);
    const { rows } = await database.db.execute(
      sql`SELECT data FROM run_events WHERE run_id = ${runId} AND type = 'message.edited'`,
    );
    expect(rows).toEqual([{ data: { messageId: named(2), seq: 2, text: 'better' } }]);
  });

  it('is never taken once it is withdrawn, and its number is not given again', async () => {
    const { runId, agentId, named } = await busyRun(2);
    expect(await withdraw(agentId, named(1))).toEqual({ runId, eventSeq: 5 });
    expect(await withdraw(agentId, named(1))).toBeNull();
    expect(await edit(agentId, named(1), 'again')).toBeNull();
    expect(await add(agentId, named(3))).toMatchObject({ seq: 3, ahead: 1 });
    expect(await take(runId, 0)).toMatchObject({ messages: [{ seq: 2 }, { seq: 3 }], inboxSeq: 3 });
    await withdraw(agentId, named(3));
    await add(agentId, named(4));
    await withdraw(agentId, named(4));
    expect(await take(runId, 3)).toMatchObject({ messages: [], inboxSeq: 4 });
  });

  it('is changed only under its own agent, and only to something else', async () => {
    const { agentId, named } = await busyRun(1);
    const other = await busyRun(0);
    expect(await edit(other.agentId, named(1), 'mine')).toBeNull();
    expect(await withdraw(other.agentId, named(1))).toBeNull();
    expect(await edit(agentId, named(1), named(1))).toBeNull();
  });

  it('goes to one of those who race for it', async () => {
    const { runId, agentId, named } = await busyRun(1);
    const [taken, edited, withdrawn] = await Promise.all([
      take(runId, 0),
      edit(agentId, named(1), 'raced'),
      withdraw(agentId, named(1)),
    ]);
    const heard = taken?.messages.map(({ text }) => text);
    expect([
      [[named(1)], false, false],
      [['raced'], true, false],
      [[], true, true],
      [[], false, true],
    ]).toContainEqual([heard, edited !== null, withdrawn !== null]);
    await eventTypes(database.db, runId);
  });

  it('is changed once though the answer is lost', async () => {
    const { runId, agentId, named } = await busyRun(2);
    database.loseAnswers(1);
    expect(await edit(agentId, named(1), 'once')).toEqual({ runId, eventSeq: 5 });
    database.loseAnswers(1);
    expect(await withdraw(agentId, named(2))).toEqual({ runId, eventSeq: 6 });
    expect((await eventTypes(database.db, runId)).slice(4)).toEqual(['message.edited', 'message.withdrawn']);
  });

  it('says nothing behind the last event of a run that has ended, and its next run hears it as it is then', async () => {
    const { runId, agentId, workspaceId, named } = await busyRun(3);
    expect(workspaceId).toBeTruthy();
    await database.db.execute(sql`UPDATE runs SET lease_expires_at = engine_now() WHERE id = ${runId}`);
    expect(await cancel(runId)).toMatchObject({ status: 'cancelled' });
    expect(await edit(agentId, named(1), 'for later')).toMatchObject({ runId });
    expect(await withdraw(agentId, named(2))).toMatchObject({ runId });
    expect((await eventTypes(database.db, runId)).at(-1)).toBe('run.cancelled');

    const next = `${runId}-next`;
    await startRun(database.db, {
      runId: next,
      agentId,
      prompt: 'more',
      engineVersion: 1,
      event: event('run.started'),
    });
    await claim(next);
    const context = await readContext(database.db, { runId: next, epoch: 1 });
    expect(context).toMatchObject({
      inboxSeq: 0,
      runs: [{ messages: [{ text: 'for later' }, { text: named(3) }] }, { messages: [] }],
    });
    expect(await withdraw(agentId, named(3))).toBeNull();
  });
});

describe('the context of a delivery', () => {
  it('takes what is in the inbox, for whoever holds the run', async () => {
    const { runId, agentId, named } = await busyRun(2);
    await withdraw(agentId, named(2));
    expect(await readContext(database.db, { runId, epoch: 0 })).toBeNull();
    expect(await take(runId, 0, 0)).toBeNull();
    expect(await edit(agentId, named(1), 'still mine')).not.toBeNull();
    const held = { runId, epoch: 1 };
    database.loseAnswers(1);
    const context = await readContext(database.db, held);
    expect(context).toMatchObject({ inboxSeq: 2, runs: [{ messages: [{ seq: 1, text: 'still mine' }] }] });
    expect(await edit(agentId, named(1), 'too late')).toBeNull();
    // The worker that comes after one that died with it hears the same.
    expect(await readContext(database.db, held)).toEqual(context);
  });

  it('leaves the inbox alone while a planned step is to be carried out', async () => {
    const { runId, agentId, named } = await busyRun(1);
    await database.db.execute(sql`INSERT INTO steps (run_id, step_no, epoch, content, stop_reason, delivered_seq, model_ms)
      VALUES (${runId}, 1, 1, '[]', 'toolCalls', 0, 1)`);
    const context = await readContext(database.db, { runId, epoch: 1 });
    expect(context).toMatchObject({ inboxSeq: 0, runs: [{ messages: [] }] });
    expect(await edit(agentId, named(1), 'in time')).not.toBeNull();
    expect(await take(runId, 0)).toMatchObject({ messages: [{ text: 'in time' }], inboxSeq: 1 });
  });
});

describe('a message that was taken and not heard', () => {
  it('is given to the next worker as it was, and not written again', async () => {
    const { runId, named } = await busyRun(1);
    const version = async () => {
      const { rows } = await database.db.execute<{ xmin: string }>(
        sql`SELECT xmin::text AS xmin FROM messages WHERE id = ${named(1)}`,
      );
      return rows[0]?.xmin;
    };
    const read = () => readContext(database.db, { runId, epoch: 1 });
    expect(await read()).toMatchObject({ inboxSeq: 1, runs: [{ messages: [{ text: named(1) }] }] });
    const taken = await version();
    expect(await read()).toMatchObject({ inboxSeq: 1, runs: [{ messages: [{ text: named(1) }] }] });
    expect(await version()).toBe(taken);
  });
});

describe('a run that was answered', () => {
  const finish = (runId: string, inboxSeq: number, epoch = 1) =>
    finishRun(database.db, {
      runId,
      epoch,
      operationId: operationId(),
      leaseMs: LEASE_MS,
      inboxSeq,
      outcomes: commitOutcomes,
      nextRun: nextRun(),
    });

  it('ends when nothing was left in its inbox but what was withdrawn', async () => {
    const { runId, agentId, workspaceId, named } = await busyRun(1);
    const committed = await commitStep(database.db, {
      runId,
      epoch: 1,
      operationId: operationId(),
      leaseMs: LEASE_MS,
      workspaceId,
      step: stepRow(1),
      planned: false,
      calls: [],
      changes: noChanges,
      intent: 'finish',
      summary: 'done',
      events: [],
      budget: commitBudget,
      outcomes: commitOutcomes,
      nextRun: nextRun(),
    });
    expect(committed).toMatchObject({ status: 'running' });
    await withdraw(agentId, named(1));
    expect(await finish(runId, 0)).toMatchObject({ status: 'running', inboxSeq: 1 });
    expect(await finish(runId, 1, 7)).toBeNull();
    database.loseAnswers(1);
    expect(await finish(runId, 1)).toMatchObject({ status: 'completed', events: [] });
    expect((await eventTypes(database.db, runId)).slice(3)).toEqual(['message.withdrawn', 'run.completed']);
  });

  it('is paused or cancelled first', async () => {
    const paused = await busyRun(1);
    await pauseRun(database.db, {
      runId: paused.runId,
      operationId: operationId(),
      event: event('run.paused'),
    });
    expect(await finish(paused.runId, 0)).toMatchObject({ status: 'paused' });
    const cancelled = await busyRun(0);
    await cancel(cancelled.runId);
    expect(await finish(cancelled.runId, 0)).toMatchObject({ status: 'cancelled' });
  });
});

describe('a retry', () => {
  const retry = (agentId: string, runId: string, retryOf: string) =>
    startRun(database.db, {
      runId,
      agentId,
      prompt: 'go on',
      engineVersion: 1,
      event: event('run.started'),
      retryOf,
    });

  it("begins once, after the agent's newest run and only if that was stopped", async () => {
    const { agentId, runId } = await queuedRun(database.db);
    const other = await queuedRun(database.db);
    expect(await retry(agentId, `${runId}-a`, runId)).toBe(false);
    await cancel(runId);
    expect(await retry(other.agentId, `${runId}-b`, runId)).toBe(false);
    database.loseAnswers(1);
    const raced = await Promise.all([
      retry(agentId, `${runId}-c`, runId),
      retry(agentId, `${runId}-d`, runId),
    ]);
    expect(raced.filter((won) => won)).toHaveLength(1);
    await database.db.execute(
      sql`UPDATE runs SET status = 'failed' WHERE agent_id = ${agentId} AND id <> ${runId}`,
    );
    expect(await retry(agentId, `${runId}-e`, runId)).toBe(false);
    await database.db.execute(sql`UPDATE agents SET archived_at = engine_now() WHERE id = ${agentId}`);
    const newest = raced[0] ? `${runId}-c` : `${runId}-d`;
    expect(await retry(agentId, `${runId}-f`, newest)).toBe(false);
    await database.db.execute(sql`UPDATE agents SET archived_at = NULL WHERE id = ${agentId}`);
    expect(await retry(agentId, `${runId}-f`, newest)).toBe(true);
  });
});
