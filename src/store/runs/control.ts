import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../database.ts';
import type { ApprovalKind } from '../states.ts';
import { HAS_CHILDREN, REMIND_CHILDREN } from './children.ts';
import { closeOpenWork } from './end-attempt.ts';
import { DISPATCH_GRACE_MS, type Moved, moveRun, ms, type NewEvent, NOW, TERMINAL } from './move.ts';

/** What the user asks of a run. Null from each means that there was nothing to do; read the run for its state. */
export interface ControlInput {
  runId: string;
  operationId: string;
  event: NewEvent;
}

/** A worker is at it and will see a flag. */
const worked = sql`status = 'running' AND lease_expires_at > ${NOW}`;

/** Only a move of the state takes the operation id; a raised flag must not hide the worker's own (E3). */
const flagOnly = (id: string, moves: SQL) => sql`CASE WHEN ${moves} THEN ${id}::text ELSE operation_id END`;

/** Ends a run that nobody is working at, at once; a running one is told to stop. */
export function cancelRun(db: Database, input: ControlInput): Promise<Moved | null> {
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    takesOperation: flagOnly(input.operationId, sql`NOT (${worked})`),
    guard: sql`status NOT IN ${TERMINAL}`,
    next: sql`CASE WHEN ${worked} THEN status ELSE 'cancelled' END`,
    set: [
      sql`cancel_requested = true`,
      sql`epoch = epoch + (NOT (${worked}))::int`,
      sql`waiting_for = NULL`,
      sql`wake_at = NULL`,
      sql`sweep_after = CASE WHEN ${worked} THEN sweep_after END`,
      sql`lease_expires_at = CASE WHEN ${worked} THEN lease_expires_at END`,
      sql`finished_at = CASE WHEN ${worked} THEN finished_at ELSE ${NOW} END`,
    ],
    outcomes: { cancelled: input.event },
    arms: [...closeOpenWork, REMIND_CHILDREN],
  });
}

/** Pauses a queued or waiting run at once, a running one at its next commit. */
export function pauseRun(db: Database, input: ControlInput): Promise<Moved | null> {
  const running = sql`status = 'running'`;
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    takesOperation: flagOnly(input.operationId, sql`NOT (${running})`),
    guard: sql`status IN ('queued', 'waiting', 'running')`,
    next: sql`CASE WHEN ${running} THEN status ELSE 'paused' END`,
    set: [
      sql`pause_requested = (${running})`,
      sql`dispatch_no = dispatch_no + (NOT (${running}))::int`,
      sql`waiting_for = NULL`,
      sql`wake_at = NULL`,
      sql`sweep_after = CASE WHEN ${running} THEN sweep_after END`,
    ],
    outcomes: { paused: input.event },
    arms: [REMIND_CHILDREN],
  });
}

/** What a paused run waits for as soon as it is resumed, and what is told then. */
export interface AskedAnew {
  kind: ApprovalKind;
  approvalIds: string[];
  events: NewEvent[];
}

/**
 * Queues a paused run, or takes a pause back that has not come into effect; one whose approvals are open waits for them
 * again, and all of them are asked for anew; one whose question nobody has answered waits for its answer, and one whose
 * sub-agents have not ended for these. One that waits for its user's daily limit looks again. However often it is sent, it dispatches once.
 *
 * @returns null also when other approvals are open than those given
 */
export function resumeRun(
  db: Database,
  input: ControlInput & {
    asked: AskedAnew;
    waitsForInput: NewEvent;
    waitsForChildren: NewEvent;
    approvalTtlMs: number;
  },
): Promise<Moved | null> {
  const { asked } = input;
  const ids = sql`${sql.param(asked.approvalIds)}::text[]`;
  const paused = sql`(status = 'paused' OR (status = 'waiting' AND waiting_for = 'budget' AND wake_at IS NOT NULL))`;
  const asks = sql`(${paused} AND open_waits = 0 AND asked_seq IS NOT NULL AND inbox_seq <= asked_seq)`;
  const joins = sql`(${paused} AND ${HAS_CHILDREN})`;
  const next = sql`CASE WHEN NOT (${paused}) THEN status WHEN open_waits > 0 OR ${asks} OR ${joins} THEN 'waiting' ELSE 'queued' END`;
  const queues = sql`(${next}) = 'queued'`;
  const waits = sql`(${next}) = 'waiting'`;
  const expiry = sql`${NOW} + ${ms(input.approvalTtlMs)}`;
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    takesOperation: flagOnly(input.operationId, paused),
    before: [
      sql`locked AS (SELECT id FROM runs WHERE id = ${input.runId}::text FOR UPDATE)`,
      sql`open AS (
        SELECT approvals.id FROM locked JOIN approvals ON run_id = locked.id
        WHERE approvals.id = ANY(${ids}) AND state IN ('pending', 'expired') FOR UPDATE OF approvals)`,
    ],
    guard: sql`((${paused} AND open_waits = (SELECT count(*) FROM open)) OR (status = 'running' AND pause_requested))`,
    next,
    set: [
      sql`pause_requested = false`,
      sql`dispatch_no = dispatch_no + (${queues})::int`,
      sql`sweep_no = CASE WHEN ${queues} THEN 0 ELSE sweep_no END`,
      sql`waiting_for = CASE WHEN ${asks} THEN 'input' WHEN ${joins} THEN 'child' WHEN ${waits} THEN ${asked.kind}::text END`,
      sql`wake_at = NULL`,
      sql`sweep_after = CASE WHEN ${queues} THEN ${NOW} + ${ms(DISPATCH_GRACE_MS)} WHEN ${asks} OR ${joins} THEN NULL
        WHEN ${waits} THEN ${expiry} ELSE sweep_after END`,
    ],
    tell: [
      { when: asks, events: [input.waitsForInput] },
      { when: joins, events: [input.waitsForChildren] },
    ],
    outcomes: { queued: input.event, waiting: asked.events },
    outcomesWhen: sql`NOT (${asks} OR ${joins})`,
    arms: [
      sql`asked_anew AS (
        UPDATE approvals SET state = 'pending', expires_at = ${expiry} FROM moved
        WHERE moved.status = 'waiting' AND run_id = moved.id AND approvals.id = ANY(${ids}))`,
      REMIND_CHILDREN,
    ],
  });
}
