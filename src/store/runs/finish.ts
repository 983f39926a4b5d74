import { sql } from 'drizzle-orm';
import type { Database } from '../database.ts';
import { NOTHING_SPENT } from './budget.ts';
import { type Moved, moveRun, ms, type NewEvent, NOW, TERMINAL } from './move.ts';
import { type NextRun, startNext } from './next-run.ts';
import { type Fence, fenced } from './step.ts';

/**
 * Completes a run whose model has said its last word already and in whose inbox there was nothing to hear, without a step.
 * The row decides: a cancel, a message past `inboxSeq` (the run stays `running`) and a pause come first.
 */
export function finishRun(
  db: Database,
  input: Fence & {
    leaseMs: number;
    inboxSeq: number;
    outcomes: Record<'completed' | 'cancelled' | 'paused', NewEvent>;
    nextRun: NextRun;
  },
): Promise<Moved | null> {
  const next = sql`CASE
    WHEN cancel_requested THEN 'cancelled'
    WHEN inbox_seq <= ${input.inboxSeq}::int THEN 'completed'
    WHEN pause_requested THEN 'paused'
    ELSE 'running' END`;
  const leaseEnd = sql`CASE WHEN (${next}) = 'running' THEN ${NOW} + ${ms(input.leaseMs)} END`;
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    guard: fenced(input),
    next,
    // The model was not asked.
    spending: { charge: NOTHING_SPENT },
    set: [
      sql`lease_expires_at = ${leaseEnd}`,
      sql`sweep_after = ${leaseEnd}`,
      sql`pause_requested = pause_requested AND (${next}) <> 'paused'`,
      sql`finished_at = CASE WHEN (${next}) IN ${TERMINAL} THEN ${NOW} END`,
    ],
    outcomes: input.outcomes,
    arms: startNext(input.nextRun),
    starts: input.nextRun.runIds,
  });
}
