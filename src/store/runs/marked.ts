import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../database.ts';
import { toJson, toText } from '../json.ts';
import { NOTHING_SPENT } from './budget.ts';
import { closeWork } from './end-attempt.ts';
import { type Moved, moveRun, ms, type NewEvent, NOW, TERMINAL } from './move.ts';
import { type Fence, fenced, type ToolCallRow } from './step.ts';
import { type Taint, tainted, taintWorkspace, UNTAINTED } from './taint.ts';

const renewed = (leaseMs: number) => {
  const leaseEnd = sql`${NOW} + ${ms(leaseMs)}`;
  return [sql`lease_expires_at = ${leaseEnd}`, sql`sweep_after = ${leaseEnd}`];
};

/**
 * The guard of a write about a call, which is made once (E3): the call's own row says whether it is still to be made, locked after
 * the run's. A try that was given up may arrive long after the one that won, behind other writes of the same worker.
 */
const onceFor = (fence: Fence, toolCallId: string, isToBeMade: SQL) => ({
  before: [
    sql`locked AS (SELECT id FROM runs WHERE id = ${fence.runId}::text FOR UPDATE)`,
    sql`open AS (SELECT tool_calls.id FROM locked JOIN tool_calls ON run_id = locked.id
      WHERE tool_calls.id = ${toolCallId}::text AND ${isToBeMade} FOR UPDATE OF tool_calls)`,
  ],
  guard: sql`${fenced(fence)} AND EXISTS (SELECT FROM open)`,
});

/**
 * Writes down that a marked call is begun, right before it is sent: from here on it may have taken effect. The run's row is
 * locked, so the epoch holds (E2). Nothing is begun after a cancel, of which the moved run tells.
 */
export function markCall(
  db: Database,
  input: Fence & { leaseMs: number; toolCallId: string },
): Promise<Moved | null> {
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    ...onceFor(input, input.toolCallId, sql`state IN ('planned', 'approved')`),
    next: sql`status`,
    set: renewed(input.leaseMs),
    arms: [
      sql`begun AS (
        UPDATE tool_calls SET state = 'executing' FROM moved
        WHERE NOT moved.cancel_requested AND run_id = moved.id AND tool_calls.id = ${input.toolCallId}::text
          AND tool_calls.state IN ('planned', 'approved'))`,
    ],
  });
}

/** Writes down what came of a marked call, right after it, and tells of it: nobody sends it again. */
export function recordCall(
  db: Database,
  input: Fence & {
    leaseMs: number;
    call: ToolCallRow;
    /** What its result lets in that the run had not read before. */
    taint?: Taint;
    events: NewEvent[];
  },
): Promise<Moved | null> {
  const { id, state, output, result } = input.call;
  const { taint = UNTAINTED } = input;
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    ...onceFor(input, id, sql`finished_at IS NULL`),
    next: sql`status`,
    set: [...renewed(input.leaseMs), ...tainted(taint)],
    events: input.events,
    arms: [
      ...taintWorkspace(taint),
      sql`recorded AS (
        UPDATE tool_calls SET state = ${state}::text, output = ${output && toText(output)}::text,
          result = ${result && toJson(result)}::jsonb, finished_at = ${NOW}
        FROM moved WHERE run_id = moved.id AND tool_calls.id = ${id}::text)`,
    ],
  });
}

/**
 * Gives a call whose outcome nobody knows to its user, who is asked as for an approval, and the run up to whoever comes
 * after the answer.
 *
 * @param input.wasFirst nobody has been past it, so that the calls behind it were not begun by anybody, also where the run ends
 */
export function reviewCall(
  db: Database,
  input: Fence & {
    approvalId: string;
    approvalTtlMs: number;
    /** With what the user and the model read of it, and the hash that the review is bound to. */
    call: ToolCallRow;
    wasFirst: boolean;
    outcomes: Record<'cancelled' | 'paused' | 'waiting', NewEvent | NewEvent[]>;
  },
): Promise<Moved | null> {
  const { call } = input;
  const next = sql`CASE WHEN cancel_requested THEN 'cancelled' WHEN pause_requested THEN 'paused' ELSE 'waiting' END`;
  const waits = sql`(${next}) = 'waiting'`;
  const expiry = sql`${NOW} + ${ms(input.approvalTtlMs)}`;
  const isReviewed = sql`tool_calls.id = ${call.id}::text`;
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    guard: fenced(input),
    next,
    // The plan has paid for the step.
    spending: { charge: NOTHING_SPENT },
    set: [
      sql`open_waits = 1`,
      sql`waiting_for = CASE WHEN ${waits} THEN 'review' END`,
      sql`pause_requested = false`,
      sql`lease_expires_at = NULL`,
      sql`sweep_after = CASE WHEN ${waits} THEN ${expiry} END`,
      sql`claims_without_commit = 0`,
      sql`failures = 0`,
      sql`finished_at = CASE WHEN (${next}) IN ${TERMINAL} THEN ${NOW} END`,
    ],
    outcomes: input.outcomes,
    arms: [
      // What a cancel leaves open, `closeWork` closes.
      sql`reviewed AS (
        UPDATE tool_calls SET state = CASE WHEN ${isReviewed} THEN 'needsReview' ELSE 'planned' END,
          output = CASE WHEN ${isReviewed} THEN ${call.output && toText(call.output)}::text ELSE tool_calls.output END,
          arguments_sha256 = CASE WHEN ${isReviewed} THEN ${call.argumentsSha256}::text
            ELSE tool_calls.arguments_sha256 END
        FROM moved JOIN tool_calls this ON this.id = ${call.id}::text
        WHERE moved.status NOT IN ${TERMINAL} AND tool_calls.run_id = moved.id AND tool_calls.step_no = this.step_no
          AND (${isReviewed} OR (tool_calls.ordinal > this.ordinal AND tool_calls.state = 'executing')))`,
      sql`asked AS (
        INSERT INTO approvals (id, organisation_id, run_id, tool_call_id, kind, arguments_sha256, state, expires_at)
        SELECT ${input.approvalId}::text, moved.organisation_id, moved.id, ${call.id}::text, 'review',
          ${call.argumentsSha256}::text, 'pending', ${expiry}
        FROM moved WHERE moved.status NOT IN ${TERMINAL})`,
      ...closeWork(sql`${input.wasFirst}::boolean AND tool_calls.ordinal > ${call.ordinal}::int`),
    ],
  });
}
