import type { Database } from '../../src/store/database.ts';
import { claimRun } from '../../src/store/runs/claim.ts';
import { commitStep } from '../../src/store/runs/step.ts';
import { sweepRuns } from '../../src/store/runs/sweep.ts';
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
  stepRow,
  waitsForChildren,
  waitsForInput,
} from './runs.ts';

export const LEASE_MS = 60_000;
export const APPROVAL_TTL_MS = 86_400_000;

export const operationId = () => crypto.randomUUID();

export const control = (runId: string, type: 'run.paused' | 'run.resumed' | 'run.cancelled') => ({
  runId,
  operationId: operationId(),
  event: event(type),
  asked: asksNobody,
  waitsForInput,
  waitsForChildren,
  approvalTtlMs: APPROVAL_TTL_MS,
});

type Claim = Parameters<typeof claimRun>[1];
type Commit = Parameters<typeof commitStep>[1];

/**
 * The statements of a worker with everything filled in that a test does not care about.
 *
 * @param db asked for each time, for a test that has its database only when it begins
 */
export const workerOn = (db: () => Database) => ({
  claim: (runId: string, given: Partial<Claim> = {}) =>
    claimRun(db(), {
      runId,
      dispatchNo: 1,
      operationId: operationId(),
      leaseMs: LEASE_MS,
      budget: claimBudget,
      concurrentRuns: 1_000,
      outcomes: claimOutcomes,
      nextRun: nextRun(),
      ...given,
    }),
  /** The first step of the first worker, unless told otherwise. */
  commit: (runId: string, given: Pick<Commit, 'intent'> & Partial<Commit>) =>
    commitStep(db(), {
      runId,
      epoch: 1,
      operationId: operationId(),
      leaseMs: LEASE_MS,
      workspaceId: runId.replace('run', 'workspace'),
      step: stepRow(1),
      planned: false,
      calls: [],
      changes: noChanges,
      summary: given.intent === 'finish' ? 'done' : null,
      events: [],
      budget: commitBudget,
      outcomes: commitOutcomes,
      nextRun: nextRun(),
      ...given,
    }),
  sweep: (most = 50) =>
    sweepRuns(db(), {
      nextRun: nextRun(most),
      error: { code: 'poison', message: 'gone' },
      outcomes: {
        paused: [event('run.paused')],
        cancelled: [event('run.cancelled')],
        failed: [failed],
        approvalExpired: [event('run.paused'), event('run.paused')],
      },
    }),
});
