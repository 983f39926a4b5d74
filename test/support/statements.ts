import { afterAll } from 'vitest';
import { claimRun } from '../../src/store/runs/claim.ts';
import { commitStep } from '../../src/store/runs/step.ts';
import { sweepRuns } from '../../src/store/runs/sweep.ts';
import { openTestDatabase } from './database.ts';
import {
  asksNobody,
  claimBudget,
  claimOutcomes,
  commitBudget,
  commitOutcomes,
  event,
  failed,
  nextRun,
  noChanges,
  outOfSteps,
  stepRow,
  waitsForInput,
} from './runs.ts';

export const LEASE_MS = 60_000;
const APPROVAL_TTL_MS = 86_400_000;

export const operationId = () => crypto.randomUUID();

/** What a plan without approvals says of them. */
export const asksNothing = {
  approvals: [],
  approvalTtlMs: APPROVAL_TTL_MS,
  outcomes: { cancelled: event('run.cancelled'), paused: event('run.paused'), waiting: outOfSteps },
};

export const control = (runId: string, type: 'run.paused' | 'run.resumed' | 'run.cancelled') => ({
  runId,
  operationId: operationId(),
  event: event(type),
  asked: asksNobody,
  waitsForInput,
  approvalTtlMs: APPROVAL_TTL_MS,
});

/**
 * A database whose clock stands still, and the statements of a worker with everything filled in that a test does not care
 * about. For a test file that awaits it at its top.
 */
export async function openStatements() {
  const database = await openTestDatabase();
  afterAll(() => database.close());
  let at = Date.parse('2026-11-21T12:00:00Z');
  await database.setNow(new Date(at));
  const { db } = database;
  return {
    database,
    async pass(milliseconds: number) {
      at += milliseconds;
      await database.setNow(new Date(at));
    },
    claim: (runId: string, dispatchNo = 1) =>
      claimRun(db, {
        runId,
        dispatchNo,
        operationId: operationId(),
        leaseMs: LEASE_MS,
        budget: claimBudget,
        outcomes: claimOutcomes,
        nextRun: nextRun(),
      }),
    commit: (
      runId: string,
      input: {
        epoch: number;
        stepNo: number;
        intent: 'finish' | 'continue' | 'handOver';
        deliveredSeq?: number;
        baseSha?: string;
      },
    ) =>
      commitStep(db, {
        runId,
        epoch: input.epoch,
        operationId: operationId(),
        leaseMs: LEASE_MS,
        workspaceId: runId.replace('run', 'workspace'),
        step: stepRow(input.stepNo, input.deliveredSeq ?? 0),
        planned: false,
        calls: [],
        changes: { ...noChanges, baseSha: input.baseSha ?? null },
        intent: input.intent,
        summary: input.intent === 'finish' ? 'done' : null,
        events: [],
        budget: commitBudget,
        outcomes: commitOutcomes,
        nextRun: nextRun(),
      }),
    sweep: () =>
      sweepRuns(db, {
        nextRun: nextRun(50),
        error: { code: 'poison', message: 'gone' },
        outcomes: {
          paused: [event('run.paused')],
          cancelled: [event('run.cancelled')],
          failed: [failed],
          approvalExpired: [event('run.paused'), event('run.paused')],
        },
      }),
  };
}
