import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideApproval } from '../../src/store/approvals.ts';
import { askUser } from '../../src/store/runs/ask.ts';
import { editMessage, withdrawMessage } from '../../src/store/runs/change-message.ts';
import { claimRun } from '../../src/store/runs/claim.ts';
import { cancelRun, pauseRun, resumeRun } from '../../src/store/runs/control.ts';
import { forkAgent } from '../../src/store/runs/fork.ts';
import { addMessage, takeMessages } from '../../src/store/runs/inbox.ts';
import { startRun } from '../../src/store/runs/start.ts';
import { commitStep, planStep } from '../../src/store/runs/step.ts';
import { sweepRuns } from '../../src/store/runs/sweep.ts';
import { rotateSession, startSession } from '../../src/store/sessions.ts';
import {
  asksNobody,
  claimBudget,
  claimOutcomes,
  commitBudget,
  commitOutcomes,
  event,
  eventTypes,
  failed,
  nextRun,
  noChanges,
  outOfSteps,
  queuedRun,
  stepRow,
  waitsForInput,
} from '../support/runs.ts';
import { openPostgres, type PostgresDatabase } from './database.ts';
import { findPostgres } from './server.ts';

const bin = await findPostgres();
if (bin === null) console.warn('Races are not tested: there is no PostgreSQL 15 or newer on this machine.');

const RACERS = 64;
const LEASE_MS = 60_000;
const TTL_MS = 86_400_000;
const operationId = () => crypto.randomUUID();
const race = <T>(run: (racer: number) => Promise<T>) =>
  Promise.all(Array.from({ length: RACERS }, (_, racer) => run(racer)));
const winners = <T>(results: (T | null)[]) => results.filter((result) => result !== null);

describe.skipIf(bin === null)('64 at once on a real PostgreSQL', () => {
  let postgres: PostgresDatabase;
  beforeAll(async () => {
    postgres = await openPostgres(bin ?? '');
  });
  afterAll(() => postgres?.close());

  const claim = (runId: string) =>
    claimRun(postgres.db, {
      runId,
      dispatchNo: 1,
      operationId: operationId(),
      leaseMs: LEASE_MS,
      budget: claimBudget,
      outcomes: claimOutcomes,
      nextRun: nextRun(),
    });

  const control = (runId: string, type: 'run.paused' | 'run.resumed' | 'run.cancelled') => ({
    runId,
    operationId: operationId(),
    event: event(type),
    asked: asksNobody,
    waitsForInput,
    approvalTtlMs: TTL_MS,
  });

  const row = async (runId: string) => {
    const { rows } = await postgres.db.execute<Record<string, unknown>>(
      sql`SELECT status, waiting_for, dispatch_no, open_waits, inbox_seq, delivered_seq FROM runs WHERE id = ${runId}`,
    );
    return rows[0] ?? {};
  };

  it('claim a run: one wins', async () => {
    const { runId } = await queuedRun(postgres.db);
    expect(winners(await race(() => claim(runId)))).toMatchObject([{ epoch: 1, status: 'running' }]);
    expect(await eventTypes(postgres.db, runId)).toEqual(['run.queued', 'run.started']);
  });

  it('change messages while workers take them: what was heard is what they say then', async () => {
    const { runId, agentId } = await queuedRun(postgres.db);
    await claim(runId);
    const id = (racer: number) => `${runId}-${racer}`;
    const change = (racer: number) => ({ agentId, messageId: id(racer), speech: null });
    await race((racer) =>
      addMessage(postgres.db, { ...change(racer), text: 'as sent', resumed: event('run.resumed') }),
    );
    const looks = await race(async (racer) => {
      const [taken] = await Promise.all([
        racer % 8 === 0 ? takeMessages(postgres.db, { runId, epoch: 1, afterSeq: 0 }) : null,
        editMessage(postgres.db, { ...change(racer), text: `edited ${racer}` }),
        racer % 2 === 0 ? withdrawMessage(postgres.db, change(racer)) : null,
      ]);
      return taken;
    });
    const { rows: left } = await postgres.db.execute<{ seq: number; text: string }>(
      sql`SELECT seq, text FROM messages WHERE run_id = ${runId} AND withdrawn_at IS NULL ORDER BY seq`,
    );
    const heard = winners(looks);
    expect(heard).toHaveLength(RACERS / 8);
    for (const { messages, inboxSeq } of heard) {
      expect(inboxSeq).toBe(RACERS);
      expect(messages).toEqual(left);
    }
    await eventTypes(postgres.db, runId);
  });

  it('fork an agent while its run commits: each fork has all of a step or none of it', async () => {
    const { runId, agentId, organisationId, userId, workspaceId } = await queuedRun(postgres.db);
    await claim(runId);
    const commit = (stepNo: number) =>
      commitStep(postgres.db, {
        runId,
        epoch: 1,
        operationId: operationId(),
        leaseMs: LEASE_MS,
        workspaceId,
        step: stepRow(stepNo),
        planned: false,
        calls: [],
        changes: {
          baseSha: `sha-${stepNo}`,
          put: ['a', 'b', `only-${stepNo}`].map((path) => ({ path, content: `${stepNo}` })),
          removed: stepNo > 1 ? [`only-${stepNo - 1}`] : [],
        },
        intent: 'continue',
        summary: null,
        events: [],
        budget: commitBudget,
        outcomes: commitOutcomes,
        nextRun: nextRun(),
      });
    await commit(1);
    const committing = (async () => {
      for (let stepNo = 2; stepNo <= 40; stepNo++) await commit(stepNo);
    })();
    const forks = await race(async (racer) => {
      const id = `${agentId}-fork-${racer}`;
      const at = racer % 2 ? { runId: null, stepNo: null } : { runId, stepNo: 1 };
      const fork = {
        ...at,
        organisationId,
        userId,
        agentId,
        id,
        workspaceId: `${id}-w`,
        branch: id,
        name: null,
      };
      expect(await forkAgent(postgres.db, fork, null)).toBe(true);
      const { rows } = await postgres.db.execute<{ step: number; base: string; files: string[] }>(
        sql`SELECT parent_step_no AS step, base_sha AS base, ARRAY(SELECT path || '=' || content FROM workspace_files f
          WHERE f.workspace_id = w.id ORDER BY path) AS files FROM workspaces w WHERE id = ${fork.workspaceId}`,
      );
      return { wanted: at.stepNo, ...rows[0] };
    });
    await committing;
    for (const { wanted, step, base, files } of forks) {
      if (wanted !== null) expect(step).toBe(wanted);
      expect([base, files]).toEqual([`sha-${step}`, [`a=${step}`, `b=${step}`, `only-${step}=${step}`]]);
    }
  });

  it('take up a run that was cancelled: one does', async () => {
    const { runId, agentId } = await queuedRun(postgres.db);
    await cancelRun(postgres.db, control(runId, 'run.cancelled'));
    const retried = await race((racer) =>
      startRun(postgres.db, {
        runId: `${runId}-${racer}`,
        agentId,
        prompt: 'Go on',
        engineVersion: 1,
        event: event('run.started'),
        retryOf: runId,
      }),
    );
    expect(retried.filter((won) => won)).toHaveLength(1);
  });

  it('finish a run while it is sent messages: it never finishes past one', async () => {
    for (let round = 0; round < 4; round++) {
      const { runId, agentId, workspaceId } = await queuedRun(postgres.db);
      await claim(runId);
      const finish = () =>
        commitStep(postgres.db, {
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
      const say = (racer: number) =>
        addMessage(postgres.db, {
          agentId,
          messageId: `${runId}-${racer}`,
          text: 'more',
          speech: null,
          resumed: event('run.resumed'),
        });
      const results = await race<object | null>((racer) => (racer === 32 ? finish() : say(racer)));
      const placed = winners(results.filter((_, racer) => racer !== 32));
      const { status, inbox_seq } = await row(runId);
      expect(inbox_seq).toBe(placed.length);
      expect(status).toBe(placed.length === 0 ? 'completed' : 'running');
      await eventTypes(postgres.db, runId);
    }
  });

  it('answer a question: one dispatches the run, and nothing is lost', async () => {
    for (let round = 0; round < 4; round++) {
      const { runId, agentId } = await queuedRun(postgres.db);
      await claim(runId);
      const ask = () =>
        askUser(postgres.db, {
          runId,
          epoch: 1,
          operationId: operationId(),
          leaseMs: LEASE_MS,
          step: stepRow(1),
          call: {
            id: `${runId}-call`,
            ordinal: 0,
            providerCallId: 'toolu_0',
            name: 'ask_user',
            state: 'awaitingInput',
            marked: false,
            argumentsSha256: null,
            output: null,
            result: null,
          },
          events: [],
          question: { type: 'question.asked', data: { stepNo: 1, question: 'Which one?' }, speech: null },
          outcomes: {
            cancelled: event('run.cancelled'),
            paused: event('run.paused'),
            waiting: waitsForInput,
          },
        });
      if (round % 2 === 0) await ask();
      const answer = (racer: number) =>
        addMessage(postgres.db, {
          agentId,
          messageId: `${runId}-${racer}`,
          text: String(racer),
          speech: null,
          resumed: event('run.resumed'),
        });
      const asker = round % 2 === 0 ? -1 : round === 1 ? 0 : 32;
      let asked: Awaited<ReturnType<typeof ask>> = null;
      const placed = winners(
        await race(async (racer) => {
          if (racer !== asker) return answer(racer);
          asked = await ask();
          return null;
        }),
      );
      expect(placed.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(placed.map((_, at) => at + 1));
      const { status, inbox_seq, dispatch_no, waiting_for } = await row(runId);
      expect(inbox_seq).toBe(placed.length);
      const types = await eventTypes(postgres.db, runId);
      // Either the question came first and one message answers it, or it was not put.
      const wasPut = types.includes('question.asked');
      expect(asker === -1 || asked !== null).toBe(true);
      expect(placed.filter(({ resumed }) => resumed !== null)).toHaveLength(wasPut ? 1 : 0);
      expect(types.filter((type) => type === 'run.resumed')).toHaveLength(wasPut ? 1 : 0);
      expect({ status, dispatch_no, waiting_for }).toEqual(
        wasPut
          ? { status: 'queued', dispatch_no: 2, waiting_for: null }
          : { status: 'running', dispatch_no: 1, waiting_for: null },
      );
    }
  });

  it('answer, pause, resume and cancel while a question is open: it ends cancelled, once', async () => {
    const { runId, agentId } = await queuedRun(postgres.db);
    await claim(runId);
    await postgres.db.execute(
      sql`UPDATE runs SET status = 'waiting', waiting_for = 'input', asked_seq = 0, lease_expires_at = NULL WHERE id = ${runId}`,
    );
    const answer = (racer: number) =>
      addMessage(postgres.db, {
        agentId,
        messageId: `${runId}-${racer}`,
        text: 'x',
        speech: null,
        resumed: event('run.resumed'),
      });
    await race<object | null>((racer) => {
      if (racer === 60) return cancelRun(postgres.db, control(runId, 'run.cancelled'));
      if (racer % 3 === 0) return pauseRun(postgres.db, control(runId, 'run.paused'));
      return racer % 3 === 1 ? resumeRun(postgres.db, control(runId, 'run.resumed')) : answer(racer);
    });
    const types = await eventTypes(postgres.db, runId);
    expect(types.filter((type) => type === 'run.cancelled')).toHaveLength(1);
    expect(types.at(-1)).toBe('run.cancelled');
    expect(await row(runId)).toMatchObject({ status: 'cancelled', waiting_for: null });
  });

  it('resume a paused run: one dispatches it', async () => {
    const { runId } = await queuedRun(postgres.db);
    await pauseRun(postgres.db, control(runId, 'run.paused'));
    const resumed = await race(() => resumeRun(postgres.db, control(runId, 'run.resumed')));
    expect(winners(resumed)).toMatchObject([{ status: 'queued', dispatchNo: 3 }]);
    expect(await eventTypes(postgres.db, runId)).toEqual(['run.queued', 'run.paused', 'run.resumed']);
  });

  it('sweep a lost run: one dispatches it anew', async () => {
    const { runId } = await queuedRun(postgres.db);
    await claim(runId);
    await postgres.db.execute(
      sql`UPDATE runs SET lease_expires_at = engine_now(), sweep_after = engine_now() WHERE id = ${runId}`,
    );
    const swept = await race(() =>
      sweepRuns(postgres.db, {
        nextRun: nextRun(50),
        error: { code: 'poison', message: 'gone' },
        outcomes: {
          paused: [event('run.paused')],
          cancelled: [event('run.cancelled')],
          failed: [failed],
          approvalExpired: [],
        },
      }),
    );
    expect(swept.flat().filter((run) => run.runId === runId)).toMatchObject([
      { dispatchNo: 2, status: 'queued' },
    ]);
  });

  it('cancel and pause a run: it ends once, and the next one starts once', async () => {
    const { runId, agentId } = await queuedRun(postgres.db);
    await race((racer) =>
      racer % 2
        ? cancelRun(postgres.db, control(runId, 'run.cancelled'))
        : pauseRun(postgres.db, control(runId, 'run.paused')),
    );
    const types = await eventTypes(postgres.db, runId);
    expect(types.filter((type) => type === 'run.cancelled')).toHaveLength(1);
    expect(types.at(-1)).toBe('run.cancelled');
    const next = { agentId, prompt: 'more', engineVersion: 1, event: event('run.started') };
    const started = await race((racer) => startRun(postgres.db, { ...next, runId: `${runId}-${racer}` }));
    expect(started.filter(Boolean)).toHaveLength(1);
  });

  it.each([false, true])(
    'decide two approvals (and cancel: %s): each once, without a deadlock',
    async (cancels) => {
      const { runId } = await queuedRun(postgres.db);
      await claim(runId);
      const calls = [0, 1].map((ordinal) => ({
        id: `${runId}-call-${ordinal}`,
        ordinal,
        providerCallId: `toolu_${ordinal}`,
        name: 'commit',
        state: 'awaitingApproval' as const,
        marked: false,
        argumentsSha256: 'aa',
        output: null,
        result: null,
      }));
      await planStep(postgres.db, {
        runId,
        epoch: 1,
        operationId: operationId(),
        leaseMs: LEASE_MS,
        step: stepRow(1),
        calls,
        approvals: calls.map(({ id, ordinal }) => ({
          id: `${runId}-${ordinal}`,
          toolCallId: id,
          argumentsSha256: 'aa',
        })),
        approvalTtlMs: TTL_MS,
        events: [],
        outcomes: { cancelled: event('run.cancelled'), paused: event('run.paused'), waiting: outOfSteps },
      });
      const decide = (racer: number) =>
        decideApproval(postgres.db, {
          runId,
          approvalId: `${runId}-${racer % 2}`,
          operationId: operationId(),
          allows: racer % 3 > 0,
          reason: null,
          refused: { state: 'denied', output: 'no' },
          event: event('run.resumed'),
          resumed: event('run.started'),
        });
      const results = await race((racer) =>
        cancels && racer % 8 === 7 ? cancelRun(postgres.db, control(runId, 'run.cancelled')) : decide(racer),
      );
      const { rows: open } = await postgres.db.execute(
        sql`SELECT id FROM approvals WHERE run_id = ${runId} AND state = 'pending'`,
      );
      expect(open).toEqual([]);
      await eventTypes(postgres.db, runId);
      if (cancels) expect(await row(runId)).toMatchObject({ status: 'cancelled' });
      else {
        expect(winners(results)).toHaveLength(2);
        expect(await row(runId)).toMatchObject({ status: 'queued', open_waits: 0, dispatch_no: 2 });
      }
      const { rows: written } = await postgres.db.execute(
        sql`SELECT id FROM tool_calls WHERE run_id = ${runId} AND step_no = 1`,
      );
      expect(written).toHaveLength(2);
      const { rows } = await postgres.db.execute<{ deadlocks: number }>(
        sql`SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`,
      );
      expect(rows).toEqual([{ deadlocks: 0 }]);
    },
  );

  it('refresh a session: all get the same successor, and none is taken for a thief', async () => {
    const { userId } = await queuedRun(postgres.db);
    const session = { id: `session-${userId}`, userId, refreshHash: 'first', sealedGithubToken: 'sealed' };
    await startSession(postgres.db, session);
    const rotation = { sessionId: session.id, hash: 'first', successorHash: 'second' };
    const outcomes = await race(() => rotateSession(postgres.db, rotation));
    expect(outcomes).toEqual(outcomes.map(() => ({ outcome: 'granted', userId })));
  });
});
