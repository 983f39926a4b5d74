import { afterAll } from 'vitest';
import { openTestDatabase } from './database.ts';
import { event, noChanges, outOfSteps, stepRow } from './runs.ts';
import { APPROVAL_TTL_MS, workerOn } from './worker.ts';

/** What a plan without approvals says of them. */
export const asksNothing = {
  approvals: [],
  approvalTtlMs: APPROVAL_TTL_MS,
  outcomes: { cancelled: event('run.cancelled'), paused: event('run.paused'), waiting: outOfSteps },
};

/**
 * A database whose clock stands still, and the statements of a worker with everything filled in that a test does not care
 * about. For a test file that awaits it at its top.
 */
export async function openStatements() {
  const database = await openTestDatabase();
  afterAll(() => database.close());
  let at = Date.parse('2026-11-21T12:00:00Z');
  await database.setNow(new Date(at));
  const worker = workerOn(() => database.db);
  return {
    database,
    async pass(milliseconds: number) {
      at += milliseconds;
      await database.setNow(new Date(at));
    },
    claim: (runId: string, dispatchNo = 1) => worker.claim(runId, { dispatchNo }),
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
      worker.commit(runId, {
        epoch: input.epoch,
        intent: input.intent,
        step: stepRow(input.stepNo, input.deliveredSeq),
        changes: { ...noChanges, baseSha: input.baseSha ?? null },
      }),
    sweep: () => worker.sweep(),
  };
}
