import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { commitOutcomes, event, eventTypes, failed, nextRun, queuedRun } from '../../../test/support/runs.ts';
import { openStatements } from '../../../test/support/statements.ts';
import { control, LEASE_MS, operationId } from '../../../test/support/worker.ts';
import { editQueued, queueMessage, withdrawQueued } from './after-run.ts';
import { cancelRun, pauseRun } from './control.ts';
import { endRun } from './end-attempt.ts';
import { finishRun } from './finish.ts';
import { readContext } from './history.ts';
import { addMessage } from './inbox.ts';

const { database, claim, commit, sweep, pass } = await openStatements();
const { db } = database;

const add = (agentId: string, messageId: string) =>
  queueMessage(db, { agentId, messageId, text: `do ${messageId}`, speech: null });

/** A run with a worker and messages queued behind it, named `a`, `b` … after it. */
async function busyRun(...names: string[]) {
  const ids = await queuedRun(db);
  await claim(ids.runId);
  const named = (name: string) => `${ids.runId}-${name}`;
  for (const name of names) await add(ids.agentId, named(name));
  return { ...ids, named };
}

const finish = (runId: string) => commit(runId, { epoch: 1, stepNo: 1, intent: 'finish' });

const fail = (runId: string) =>
  endRun(db, {
    runId,
    epoch: 1,
    operationId: operationId(),
    error: { code: 'modelRefused', message: 'no' },
    events: [],
    outcomes: { cancelled: event('run.cancelled'), failed },
    nextRun: nextRun(),
  });

type Row = Record<string, unknown>;

/** The runs of an agent that began with a message, in order. */
async function begun(agentId: string): Promise<Row[]> {
  const { rows } = await db.execute<Row>(sql`SELECT id, status, prompt, prompt_message_id AS "messageId",
      jsonb_path_query_array(after_run, '$[*].id') AS queue
    FROM runs WHERE agent_id = ${agentId} AND prompt_message_id IS NOT NULL ORDER BY created_at, length(id), id`);
  return rows;
}

describe('the end of a run', () => {
  it('is the start of the one that is queued behind it, with the rest of the queue (E13)', async () => {
    const { runId, agentId, named } = await busyRun('a', 'b', 'c');
    await db.execute(
      sql`UPDATE agents SET instructions = 'new', model = 'other', max_steps = 7 WHERE id = ${agentId}`,
    );
    const moved = await finish(runId);
    expect(moved).toMatchObject({ status: 'completed', started: { status: 'queued' } });
    const next = moved?.started?.runId ?? '';
    expect(await begun(agentId)).toEqual([
      {
        id: next,
        status: 'queued',
        prompt: `do ${named('a')}`,
        messageId: named('a'),
        queue: [named('b'), named('c')],
      },
    ]);
    const { rows } =
      await db.execute(sql`SELECT instructions, model, max_steps, dispatch_no, event_seq, engine_version,
      sweep_after - engine_now() AS due FROM runs WHERE id = ${next}`);
    expect(rows).toEqual([
      {
        instructions: 'new',
        model: 'other',
        max_steps: 7,
        dispatch_no: 1,
        event_seq: 1,
        engine_version: 2,
        due: '00:00:30',
      },
    ]);
    const { rows: events } = await db.execute(
      sql`SELECT seq, type, data FROM run_events WHERE run_id = ${next}`,
    );
    expect(events).toEqual([
      { seq: 1, type: 'run.queued', data: { prompt: `do ${named('a')}`, messageId: named('a') } },
    ]);
    expect((await eventTypes(db, runId)).at(-1)).toBe('run.completed');
  });

  it('starts the queued runs in order, each once', async () => {
    const { runId, agentId, named } = await busyRun('a', 'b');
    let last: string | undefined = runId;
    for (const name of ['a', 'b']) {
      last = (await fail(last ?? ''))?.started?.runId;
      expect(await claim(last ?? '')).toMatchObject({ status: 'running' });
      expect((await begun(agentId)).at(-1)).toMatchObject({ id: last, messageId: named(name) });
    }
    expect(await fail(last ?? '')).toMatchObject({ status: 'failed', started: null });
    expect(await begun(agentId)).toHaveLength(2);
  });

  it('starts the next run once though the answer is lost (E3)', async () => {
    const { runId, agentId, named } = await busyRun('a', 'b');
    database.loseAnswers(1);
    const moved = await finish(runId);
    expect(moved).toMatchObject({ status: 'completed', events: [], started: { status: 'queued' } });
    expect(await begun(agentId)).toMatchObject([{ id: moved?.started?.runId, queue: [named('b')] }]);
    expect(await finish(runId)).toBeNull();
  });

  it('starts nothing while the run goes on', async () => {
    const { runId, agentId } = await busyRun('a');
    expect(await commit(runId, { epoch: 1, stepNo: 1, intent: 'continue' })).toMatchObject({ started: null });
    await addMessage(db, {
      agentId,
      messageId: `${runId}-now`,
      text: 'wait',
      speech: null,
      resumed: event('run.resumed'),
    });
    expect(await commit(runId, { epoch: 1, stepNo: 2, intent: 'finish' })).toMatchObject({
      status: 'running',
      started: null,
    });
    expect(await begun(agentId)).toEqual([]);
  });

  it('starts nothing when it was cancelled, by whatever statement', async () => {
    const idle = await queuedRun(db);
    await add(idle.agentId, `${idle.runId}-a`);
    expect(await cancelRun(db, control(idle.runId, 'run.cancelled'))).toMatchObject({ status: 'cancelled' });
    const committed = await busyRun('a');
    await cancelRun(db, control(committed.runId, 'run.cancelled'));
    expect(await finish(committed.runId)).toMatchObject({ status: 'cancelled', started: null });
    const failing = await busyRun('a');
    await cancelRun(db, control(failing.runId, 'run.cancelled'));
    expect(await fail(failing.runId)).toMatchObject({ status: 'cancelled', started: null });
    for (const { agentId } of [idle, committed, failing]) expect(await begun(agentId)).toEqual([]);
  });

  it('starts nothing for an agent that was archived', async () => {
    const { runId, agentId } = await busyRun('a');
    await db.execute(sql`UPDATE agents SET archived_at = engine_now() WHERE id = ${agentId}`);
    expect(await finish(runId)).toMatchObject({ status: 'completed', started: null });
    expect(await begun(agentId)).toEqual([]);
  });

  it('holds the next run back when a pause was asked for', async () => {
    const { runId } = await busyRun('a');
    await pauseRun(db, control(runId, 'run.paused'));
    const moved = await finish(runId);
    expect(moved).toMatchObject({ status: 'completed', started: { status: 'paused' } });
    const next = moved?.started?.runId ?? '';
    expect(await eventTypes(db, next)).toEqual(['run.queued', 'run.paused']);
    const { rows } = await db.execute(sql`SELECT event_seq, sweep_after FROM runs WHERE id = ${next}`);
    expect(rows).toEqual([{ event_seq: 2, sweep_after: null }]);
  });

  it('starts the next run at the base that the same statement moves to', async () => {
    const { runId, workspaceId } = await busyRun('a');
    await db.execute(sql`UPDATE workspaces SET base_sha = 'before' WHERE id = ${workspaceId}`);
    const moved = await commit(runId, { epoch: 1, stepNo: 1, intent: 'finish', baseSha: 'after' });
    const startSha = async (id: string | undefined) =>
      (await db.execute(sql`SELECT start_sha FROM runs WHERE id = ${id}`)).rows;
    expect(await startSha(moved?.started?.runId)).toEqual([{ start_sha: 'after' }]);

    const other = await busyRun('a');
    await db.execute(sql`UPDATE workspaces SET base_sha = 'there' WHERE id = ${other.workspaceId}`);
    expect(await startSha((await fail(other.runId))?.started?.runId)).toEqual([{ start_sha: 'there' }]);
  });

  it('without a step of its own starts the next run too', async () => {
    const { runId } = await busyRun('a');
    const moved = await finishRun(db, {
      runId,
      epoch: 1,
      operationId: operationId(),
      leaseMs: LEASE_MS,
      inboxSeq: 0,
      outcomes: commitOutcomes,
      nextRun: nextRun(),
    });
    expect(moved).toMatchObject({ status: 'completed', started: { status: 'queued' } });
  });

  it('starts the next run when its workers were lost, found by a delivery or by the sweeper', async () => {
    const claimed = await queuedRun(db);
    await add(claimed.agentId, `${claimed.runId}-a`);
    await db.execute(
      sql`UPDATE runs SET claims_without_commit = 8, pause_requested = true WHERE id = ${claimed.runId}`,
    );
    expect(await claim(claimed.runId)).toMatchObject({ status: 'failed', started: { status: 'paused' } });

    const swept = [await busyRun('a', 'b'), await busyRun(), await busyRun('a'), await busyRun('a')];
    const cancelled = swept[3]?.runId ?? '';
    await db.execute(
      sql`UPDATE runs SET claims_without_commit = 8 WHERE id IN ${swept.map(({ runId }) => runId)}`,
    );
    await cancelRun(db, control(cancelled, 'run.cancelled'));
    await pass(LEASE_MS);
    const found = await sweep();
    const of = ({ runId }: { runId: string }) => found.find((run) => run.runId === runId);
    expect(swept.map((run) => [of(run)?.status, of(run)?.started?.status])).toEqual([
      ['failed', 'queued'],
      ['failed', undefined],
      ['failed', 'queued'],
      ['cancelled', undefined],
    ]);
    for (const run of swept) {
      const next = of(run)?.started?.runId;
      expect((await begun(run.agentId)).map(({ id }) => id)).toEqual(next ? [next] : []);
      if (next) expect(await eventTypes(db, next)).toEqual(['run.queued']);
    }
  });

  it('leaves what was said and not heard to the run that was queued, which hears it first', async () => {
    const { runId, agentId, named } = await busyRun('a');
    await addMessage(db, {
      agentId,
      messageId: named('now'),
      text: 'by the way',
      speech: null,
      resumed: event('run.resumed'),
    });
    const next = (await fail(runId))?.started?.runId ?? '';
    await claim(next);
    expect(await readContext(db, { runId: next, epoch: 1 })).toMatchObject({
      inboxSeq: 0,
      runs: [
        { runId, messages: [{ text: 'by the way' }] },
        { runId: next, prompt: `do ${named('a')}`, messages: [] },
      ],
    });
  });
});

describe('a queued message', () => {
  const edit = (agentId: string, messageId: string, text: string) =>
    editQueued(db, { agentId, messageId, text, speech: null });
  const withdraw = (agentId: string, messageId: string) =>
    withdrawQueued(db, { agentId, messageId, speech: null });

  it('has its place, until as many wait as may', async () => {
    const { runId, agentId, named } = await busyRun();
    for (let ahead = 0; ahead < 20; ahead++) {
      expect(await add(agentId, named(String(ahead)))).toMatchObject({ runId, ahead, eventSeq: 3 + ahead });
    }
    expect(await add(agentId, named('20'))).toBeNull();
    expect(await withdraw(agentId, named('3'))).toMatchObject({ runId });
    expect(await add(agentId, named('20'))).toMatchObject({ ahead: 19 });
  });

  it('is queued once though the answer is lost (E3), also when its run has begun since', async () => {
    const { runId, agentId, named } = await busyRun('a');
    database.loseAnswers(1);
    expect(await add(agentId, named('b'))).toEqual({ id: named('b'), runId, ahead: 1, eventSeq: 4 });
    await fail(runId);
    expect(await begun(agentId)).toMatchObject([{ queue: [named('b')] }]);
  });

  it('starts its run with its latest text, and not at all once it is withdrawn', async () => {
    const { runId, agentId, named } = await busyRun('a', 'b', 'c');
    database.loseAnswers(1);
    expect(await edit(agentId, named('b'), 'better')).toEqual({ runId, eventSeq: 6 });
    expect(await edit(agentId, named('b'), 'better')).toBeNull();
    database.loseAnswers(1);
    expect(await withdraw(agentId, named('a'))).toEqual({ runId, eventSeq: 7 });
    expect(await withdraw(agentId, named('a'))).toBeNull();
    expect(await edit(agentId, named('a'), 'again')).toBeNull();
    expect((await eventTypes(db, runId)).slice(5)).toEqual(['message.edited', 'message.withdrawn']);
    const next = (await finish(runId))?.started?.runId ?? '';
    expect(await begun(agentId)).toMatchObject([{ id: next, prompt: 'better', queue: [named('c')] }]);
    expect(await edit(agentId, named('b'), 'too late')).toBeNull();
    expect(await withdraw(agentId, named('b'))).toBeNull();
    expect(await edit(agentId, named('c'), 'in time')).toEqual({ runId: next, eventSeq: 2 });
  });

  it('is changed only under its own agent', async () => {
    const { agentId, named } = await busyRun('a');
    const other = await busyRun();
    expect(await edit(other.agentId, named('a'), 'mine')).toBeNull();
    expect(await withdraw(other.agentId, named('a'))).toBeNull();
    expect(await withdraw(agentId, named('a'))).not.toBeNull();
  });
});
