import { type SQL, sql } from 'drizzle-orm';
import { type Database, query } from '../database.ts';
import { toJson } from '../json.ts';
import type { RunError } from '../states.ts';
import type { Charge } from './budget.ts';
import { DISPATCH_GRACE_MS, type Moved, moveRun, ms, type NewEvent, NOW, TERMINAL } from './move.ts';
import { type NextRun, startNext } from './next-run.ts';
import { account, chargeOf, type Fence, fenced, insertStep, type StepRow } from './step.ts';

/**
 * What the end of a run leaves open. A call that a worker had begun with is not called done, failed or skipped: whether it
 * took effect is not known; nor is one with an output, which a review gave it, even if it was to be sent again. The others
 * were certainly not run, and nobody is asked about them any more.
 *
 * @param unsent holds of a call that is marked as begun and certainly did not take effect
 */
export const closeWork = (unsent = sql`false`): SQL[] => {
  const isUnknown = sql`(tool_calls.state = 'executing' AND NOT (${unsent}))`;
  return [
    sql`closed_calls AS (
      UPDATE tool_calls SET finished_at = ${NOW},
        state = CASE WHEN ${isUnknown} OR tool_calls.output IS NOT NULL THEN 'needsReview' ELSE 'skipped' END,
        output = CASE WHEN ${isUnknown} THEN 'The run ended while this was under way; whether it took effect is not known.'
          ELSE COALESCE(tool_calls.output, 'Not run: the run ended before.') END
      FROM moved WHERE moved.status IN ${TERMINAL} AND run_id = moved.id AND tool_calls.finished_at IS NULL AND tool_calls.state
        IN ('planned', 'executing', 'approved', 'awaitingApproval', 'awaitingInput', 'needsReview'))`,
    sql`closed_approvals AS (
      UPDATE approvals SET state = 'cancelled', decided_at = ${NOW}
      FROM moved WHERE moved.status IN ${TERMINAL} AND run_id = moved.id AND approvals.state = 'pending')`,
  ];
};

export const closeOpenWork = closeWork();

const isCall = (id: string | undefined) => sql`tool_calls.id = ${id ?? ''}::text`;

/**
 * Puts the step off: the run waits for a timer and a delayed dispatch takes it up again.
 *
 * @param input.unsent a marked call that was begun and certainly did not take effect
 */
export function retryLater(
  db: Database,
  input: Fence & {
    delayMs: number;
    unsent?: string | undefined;
    /** What the call that failed has cost; left out, all that was reserved. */
    charge?: Charge;
    events: NewEvent[];
    outcomes: Record<'cancelled' | 'paused', NewEvent>;
  },
): Promise<Moved | null> {
  const next = sql`CASE WHEN cancel_requested THEN 'cancelled' WHEN pause_requested THEN 'paused' ELSE 'waiting' END`;
  const waits = sql`(${next}) = 'waiting'`;
  return moveRun(db, {
    ...input,
    guard: fenced(input),
    next,
    spending: input.charge ? { charge: input.charge } : {},
    set: [
      sql`waiting_for = CASE WHEN ${waits} THEN 'timer' END`,
      sql`wake_at = CASE WHEN ${waits} THEN ${NOW} + ${ms(input.delayMs)} END`,
      sql`sweep_after = CASE WHEN ${waits} THEN ${NOW} + ${ms(input.delayMs + DISPATCH_GRACE_MS)} END`,
      sql`lease_expires_at = NULL`,
      sql`dispatch_no = dispatch_no + 1`,
      sql`sweep_no = 0`,
      sql`failures = failures + 1`,
      sql`claims_without_commit = 0`,
      sql`pause_requested = false`,
      sql`finished_at = CASE WHEN (${next}) IN ${TERMINAL} THEN ${NOW} END`,
    ],
    arms: [
      ...closeWork(isCall(input.unsent)),
      ...(input.unsent === undefined ? [] : [takeMarkBack(input.unsent)]),
    ],
  });
}

/** Whoever takes the call up finds that it was never sent. Where the run ends, `closeWork` has the word. */
const takeMarkBack = (toolCallId: string) => sql`unmarked AS (
  UPDATE tool_calls SET state = CASE WHEN arguments_sha256 IS NULL THEN 'planned' ELSE 'approved' END
  FROM moved WHERE moved.status NOT IN ${TERMINAL} AND tool_calls.id = ${toolCallId}::text
    AND tool_calls.state = 'executing')`;

/**
 * Ends the run: `failed` with the error or, if a cancel came first or there is no error, `cancelled`. A `step` that was paid
 * for but is not part of the conversation (a refusal) is recorded without content.
 */
export function endRun(
  db: Database,
  input: Fence & {
    error: RunError | null;
    step?: StepRow;
    /** A marked call that was begun and certainly did not take effect. */
    unsent?: string | undefined;
    /** What the call has cost that gave no step; left out, all that was reserved. */
    charge?: Charge;
    events: NewEvent[];
    outcomes: { cancelled: NewEvent; failed?: NewEvent };
    nextRun: NextRun;
  },
): Promise<Moved | null> {
  const next = sql`CASE WHEN cancel_requested OR ${input.error === null}::boolean THEN 'cancelled' ELSE 'failed' END`;
  const charge = input.step ? chargeOf(input.step) : input.charge;
  return moveRun(db, {
    ...input,
    guard: fenced(input),
    next,
    spending: charge ? { charge } : {},
    set: [
      sql`error = CASE WHEN (${next}) = 'failed' THEN ${toJson(input.error)}::jsonb END`,
      sql`lease_expires_at = NULL`,
      sql`sweep_after = NULL`,
      sql`finished_at = ${NOW}`,
      ...(input.step ? [sql`step_no = step_no + 1`, ...account(input.step)] : []),
    ],
    arms: [
      ...closeWork(isCall(input.unsent)),
      ...(input.step ? [insertStep(input.step, true)] : []),
      ...startNext(input.nextRun),
    ],
    starts: input.nextRun.runIds,
  });
}

/** What a heartbeat brings back. */
export type Flags = { cancelRequested: boolean; pauseRequested: boolean };

/** Renews the lease. Null means that the run has another worker now, or none: this one must stop (E10). */
export async function renewLease(
  db: Database,
  input: { runId: string; epoch: number; leaseMs: number },
): Promise<Flags | null> {
  const [flags] = await query<Flags>(
    db,
    sql`UPDATE runs SET lease_expires_at = engine_now() + ${ms(input.leaseMs)},
        sweep_after = engine_now() + ${ms(input.leaseMs)}
      WHERE id = ${input.runId}::text AND epoch = ${input.epoch}::int AND status = 'running'
      RETURNING cancel_requested AS "cancelRequested", pause_requested AS "pauseRequested"`,
  );
  return flags ?? null;
}
