import { sql } from 'drizzle-orm';
import type { Database } from '../database.ts';
import { NOTHING_SPENT } from './budget.ts';
import { closeOpenWork } from './end-attempt.ts';
import { type Moved, moveRun, ms, type NewEvent, NOW, TERMINAL } from './move.ts';
import {
  account,
  chargeOf,
  type Fence,
  fenced,
  insertStep,
  putCalls,
  type StepRow,
  type ToolCallRow,
} from './step.ts';

/**
 * Writes down a step whose only call is a question, and waits for its answer from this very statement on: what the user says
 * next is past `asked_seq`, so no answer can come too early. When the user has said something that the model has not heard,
 * the question is not put: `asked_seq` stays null, and the run goes on where nothing else stops it.
 */
export function askUser(
  db: Database,
  input: Fence & {
    leaseMs: number;
    step: StepRow;
    call: ToolCallRow;
    events: NewEvent[];
    /** Told when the question is put. */
    question: NewEvent;
    outcomes: Record<'cancelled' | 'paused' | 'waiting', NewEvent>;
  },
): Promise<Moved | null> {
  const heardAll = sql`inbox_seq <= ${input.step.deliveredSeq}::int`;
  const next = sql`CASE
    WHEN cancel_requested THEN 'cancelled'
    WHEN pause_requested THEN 'paused'
    WHEN ${heardAll} THEN 'waiting'
    ELSE 'running' END`;
  const leaseEnd = sql`CASE WHEN (${next}) = 'running' THEN ${NOW} + ${ms(input.leaseMs)} END`;
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    guard: sql`${fenced(input)} AND step_no = ${input.step.stepNo - 1}::int`,
    next,
    spending: { charge: chargeOf(input.step), settles: true },
    set: [
      ...account(input.step),
      // What is left of the step is paid for.
      sql`step_least_micro_usd = 0`,
      sql`step_most_micro_usd = 0`,
      sql`asked_seq = CASE WHEN ${heardAll} THEN inbox_seq END`,
      sql`waiting_for = CASE WHEN (${next}) = 'waiting' THEN 'input' END`,
      sql`pause_requested = false`,
      sql`lease_expires_at = ${leaseEnd}`,
      sql`sweep_after = ${leaseEnd}`,
      sql`claims_without_commit = CASE WHEN (${next}) = 'running' THEN claims_without_commit ELSE 0 END`,
      sql`finished_at = CASE WHEN (${next}) IN ${TERMINAL} THEN ${NOW} END`,
    ],
    events: input.events,
    tell: [{ when: sql`${heardAll} AND NOT cancel_requested`, events: [input.question] }],
    outcomes: input.outcomes,
    arms: [
      insertStep(input.step, false),
      putCalls(
        input.step.stepNo,
        [input.call],
        sql`CASE WHEN moved.status = 'cancelled' THEN 'skipped' ELSE c.state END`,
      ),
    ],
  });
}

/**
 * Lets a run wait for its user again whose answer was withdrawn before a worker took it, or puts a question after all that only
 * messages kept back which were withdrawn. The row decides: a cancel, a pause and a message past `inboxSeq` (the run stays
 * `running`) come first.
 *
 * @param input.inboxSeq how far into the inbox the worker has looked and found nothing but withdrawn messages
 * @param input.question of the planned step, when it has not been put yet
 */
export function waitForAnswer(
  db: Database,
  input: Fence & {
    leaseMs: number;
    inboxSeq: number;
    question?: NewEvent;
    outcomes: Record<'cancelled' | 'paused' | 'waiting', NewEvent>;
  },
): Promise<Moved | null> {
  const { question } = input;
  const heardAll = sql`inbox_seq <= ${input.inboxSeq}::int`;
  const next = sql`CASE
    WHEN cancel_requested THEN 'cancelled'
    WHEN pause_requested THEN 'paused'
    WHEN ${heardAll} THEN 'waiting'
    ELSE 'running' END`;
  const leaseEnd = sql`CASE WHEN (${next}) = 'running' THEN ${NOW} + ${ms(input.leaseMs)} END`;
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    guard: sql`${fenced(input)} AND asked_seq ${question ? sql`IS NULL` : sql`IS NOT NULL`}`,
    next,
    // The model was not asked.
    spending: { charge: NOTHING_SPENT },
    set: [
      question
        ? sql`asked_seq = CASE WHEN ${heardAll} THEN inbox_seq END`
        : sql`asked_seq = ${input.inboxSeq}::int`,
      sql`waiting_for = CASE WHEN (${next}) = 'waiting' THEN 'input' END`,
      sql`pause_requested = false`,
      sql`lease_expires_at = ${leaseEnd}`,
      sql`sweep_after = ${leaseEnd}`,
      sql`claims_without_commit = CASE WHEN (${next}) = 'running' THEN claims_without_commit ELSE 0 END`,
      sql`finished_at = CASE WHEN (${next}) IN ${TERMINAL} THEN ${NOW} END`,
    ],
    tell: question ? [{ when: sql`${heardAll} AND NOT cancel_requested`, events: [question] }] : [],
    outcomes: input.outcomes,
    arms: closeOpenWork,
  });
}
