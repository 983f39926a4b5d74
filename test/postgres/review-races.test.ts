import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { decideApproval } from '../../src/store/approvals.ts';
import { cancelRun, pauseRun, resumeRun } from '../../src/store/runs/control.ts';
import { markCall, recordCall, reviewCall } from '../../src/store/runs/marked.ts';
import { planStep, type ToolCallRow } from '../../src/store/runs/step.ts';
import {
  event,
  eventTypes,
  outOfSteps,
  queuedRun,
  stepRow,
  waitsForChildren,
  waitsForInput,
} from '../support/runs.ts';
import { APPROVAL_TTL_MS, control, LEASE_MS, operationId } from '../support/worker.ts';
import { describeRaces, race, winners } from './races.ts';

describeRaces('about a marked call', (races) => {
  const fence = (runId: string) => ({ runId, epoch: 1, operationId: operationId() });
  const claim = (runId: string, leaseMs = LEASE_MS) => races.claim(runId, { leaseMs });
  const mark = (runId: string, leaseMs = LEASE_MS) =>
    markCall(races.db, { ...fence(runId), leaseMs, toolCallId: `${runId}-call` });
  /** A run whose worker has planned one marked call and not begun it. */
  const planned = async (leaseMs = LEASE_MS) => {
    const { runId } = await queuedRun(races.db);
    await claim(runId, leaseMs);
    const call: ToolCallRow = {
      id: `${runId}-call`,
      ordinal: 0,
      providerCallId: 'toolu_0',
      name: 'comment',
      state: 'planned',
      marked: true,
      argumentsSha256: null,
      output: null,
      result: null,
    };
    await planStep(races.db, {
      ...fence(runId),
      leaseMs,
      step: stepRow(1),
      calls: [call],
      approvals: [],
      approvalTtlMs: APPROVAL_TTL_MS,
      events: [],
      outcomes: { cancelled: event('run.cancelled'), paused: event('run.paused'), waiting: outOfSteps },
    });
    return { runId, call };
  };

  const review = (runId: string, call: ToolCallRow, approvalTtlMs = APPROVAL_TTL_MS) =>
    reviewCall(races.db, {
      wasFirst: true,
      ...fence(runId),
      approvalId: `${runId}-review`,
      approvalTtlMs,
      call: { ...call, argumentsSha256: 'aa', output: 'not known' },
      outcomes: { cancelled: event('run.cancelled'), paused: event('run.paused'), waiting: outOfSteps },
    });

  const decide = (runId: string, allows: boolean) =>
    decideApproval(races.db, {
      runId,
      approvalId: `${runId}-review`,
      operationId: operationId(),
      allows,
      reason: null,
      refused: { state: 'needsReview', output: 'left' },
      event: event('run.resumed'),
      resumed: event('run.started'),
    });

  const resume = (runId: string) =>
    resumeRun(races.db, {
      ...control(runId, 'run.resumed'),
      asked: { kind: 'review', approvalIds: [`${runId}-review`], events: [event('run.paused'), outOfSteps] },
      waitsForInput,
      waitsForChildren,
      approvalTtlMs: APPROVAL_TTL_MS,
    });

  const look = async (runId: string) => {
    const { rows } = await races.db.execute<Record<string, unknown>>(
      sql`SELECT r.status, r.waiting_for, r.open_waits, r.epoch, c.state AS call, a.state AS review
        FROM runs r JOIN tool_calls c ON c.run_id = r.id LEFT JOIN approvals a ON a.run_id = r.id
        WHERE r.id = ${runId}`,
    );
    return rows[0] ?? {};
  };

  it('decide a review: one decision holds', async () => {
    for (let round = 0; round < 3; round++) {
      const { runId, call } = await planned();
      await mark(runId);
      await review(runId, call);
      expect(winners(await race((racer) => decide(runId, racer % 2 === 0)))).toHaveLength(1);
      const { call: state, review: decided, ...run } = await look(runId);
      expect(run).toMatchObject({ status: 'queued', open_waits: 0, waiting_for: null });
      expect([
        ['approved', 'allowed'],
        ['needsReview', 'denied'],
      ]).toContainEqual([state, decided]);
      await eventTypes(races.db, runId);
    }
  });

  it('decide a review while it expires, is paused, resumed and cancelled: nothing is left half open', async () => {
    for (let round = 0; round < 4; round++) {
      const { runId, call } = await planned();
      await mark(runId);
      await review(runId, call);
      if (round % 2 === 0) {
        await races.db.execute(sql`UPDATE runs SET sweep_after = engine_now() WHERE id = ${runId}`);
      }
      await race(async (racer) => {
        switch (racer % 8) {
          case 0:
            return pauseRun(races.db, control(runId, 'run.paused'));
          case 1:
          case 2:
            return resume(runId);
          case 3:
            return round > 1 && racer > 32 ? cancelRun(races.db, control(runId, 'run.cancelled')) : null;
          case 4:
            await races.sweep();
            return null;
          default:
            return racer > 16 ? decide(runId, racer % 2 === 0) : null;
        }
      });
      const after = await look(runId);
      const isOpen = after.review === 'pending' || after.review === 'expired';
      if (after.status !== 'cancelled') expect(after.open_waits).toBe(isOpen ? 1 : 0);
      if (after.status === 'waiting')
        expect(after).toMatchObject({ waiting_for: 'review', review: 'pending' });
      if (after.status === 'queued') expect(after.open_waits).toBe(0);
      await eventTypes(races.db, runId);
    }
  });

  it('begin a call while others take the run over: who is too late begins nothing', async () => {
    for (let round = 0; round < 4; round++) {
      const { runId } = await planned(0);
      const results = await race(async (racer) =>
        racer % 2 === 0 ? { took: await claim(runId) } : { marked: await mark(runId, 0) },
      );
      const took = results.filter((result) => 'took' in result && result.took !== null);
      const marked = results.filter((result) => 'marked' in result && result.marked !== null);
      expect(took).toHaveLength(1);
      expect(await look(runId)).toMatchObject({
        epoch: 2,
        call: marked.length > 0 ? 'executing' : 'planned',
      });
      expect(await mark(runId)).toBeNull();
      expect(
        await recordCall(races.db, {
          ...fence(runId),
          leaseMs: LEASE_MS,
          call: { ...(await planned()).call, id: `${runId}-call`, state: 'completed', output: 'late' },
          events: [],
        }),
      ).toBeNull();
    }
  });
});
