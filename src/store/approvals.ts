import { type SQL, sql } from 'drizzle-orm';
import {
  after,
  boundedPage,
  FOUND,
  type Listed,
  positionOf,
  type RowPosition,
  rfc3339,
  toListed,
} from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { DISPATCH_GRACE_MS, type Moved, moveRun, ms, type NewEvent, NOW, TERMINAL } from './runs/move.ts';
import type { ApprovalKind, ApprovalState, AskedBecause } from './states.ts';

/** A call that waits, or waited, for its user's word: to let it run, or what to do as nobody knows whether it took effect. `argumentsSha256` is of the arguments as JSON with sorted keys. */
export type Approval = {
  id: string;
  agentId: string;
  runId: string;
  /** The run that this one is a sub-agent of. */
  parentRunId: string | null;
  toolCallId: string;
  kind: ApprovalKind;
  stepNo: number;
  tool: string;
  arguments: Record<string, unknown>;
  argumentsSha256: string;
  state: ApprovalState;
  /** Why it was asked; null for a review. */
  because: AskedBecause | null;
  reason: string | null;
  createdAt: string;
  expiresAt: string;
  decidedAt: string | null;
};

const APPROVAL = sql`json_build_object('id', p.id, 'agentId', r.agent_id, 'runId', p.run_id, 'parentRunId', r.delegated_by,
  'toolCallId', p.tool_call_id, 'kind', p.kind, 'stepNo', c.step_no, 'tool', c.name,
  'arguments', (SELECT b -> 'input' FROM json_array_elements(s.content) b WHERE b ->> 'id' = c.provider_call_id),
  'argumentsSha256', p.arguments_sha256, 'state', p.state, 'reason', p.reason,
  'because', CASE p.kind WHEN 'approval' THEN COALESCE(c.asked_because, 'policy') END,
  'createdAt', ${rfc3339(sql`p.created_at`)}, 'expiresAt', ${rfc3339(sql`p.expires_at`)},
  'decidedAt', ${rfc3339(sql`p.decided_at`)})`;

const WITH_CALL = sql`JOIN runs r ON r.id = p.run_id JOIN tool_calls c ON c.id = p.tool_call_id
  JOIN steps s ON s.run_id = c.run_id AND s.step_no = c.step_no`;

/** An approval of this user. Null for an unknown one and for another user's. */
export async function findApproval(
  db: Database,
  organisationId: string,
  approvalId: string,
): Promise<Approval | null> {
  const [row] = await query<{ approval: Approval }>(
    db,
    sql`SELECT ${APPROVAL} AS approval FROM approvals p ${WITH_CALL}
      WHERE p.id = ${approvalId}::text AND p.organisation_id = ${organisationId}::text`,
  );
  return row?.approval ?? null;
}

/** What a run that is not running waits for, or will when it is resumed; in the order of its calls. */
export async function openApprovals(db: Database, runId: string): Promise<Approval[]> {
  const rows = await query<{ approval: Approval }>(
    db,
    sql`SELECT ${APPROVAL} AS approval FROM approvals p ${WITH_CALL}
      WHERE p.run_id = ${runId}::text AND p.state IN ('pending', 'expired') ORDER BY c.step_no, c.ordinal`,
  );
  return rows.map(({ approval }) => approval);
}

/** Which approvals to list; `undefined` leaves a question open. */
export interface ApprovalQuery {
  organisationId: string;
  state?: ApprovalState | undefined;
  limit: number;
  after: RowPosition | undefined;
}

/** The user's approvals, newest first. */
export async function listApprovals(db: Database, input: ApprovalQuery): Promise<Listed<Approval>> {
  const { organisationId, state = null, limit } = input;
  const p = sql`p`;
  const rows = sql`SELECT p.*, octet_length(s.content::text) AS weight FROM approvals p ${WITH_CALL}
    WHERE p.organisation_id = ${organisationId}::text AND ${after(p, input.after)} AND p.state = COALESCE(${state}::text, p.state)
    ORDER BY p.created_at DESC, p.id DESC LIMIT ${limit + 1}::int`;
  return toListed(
    await query<{ item: Approval; position: RowPosition; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`created_at DESC, id DESC`, bytes: sql`weight`, limit })}
        SELECT ${APPROVAL} AS item, ${positionOf(p)} AS position, ${FOUND} AS found
        FROM kept p ${WITH_CALL} ORDER BY n`,
    ),
  );
}

export interface DecisionInput {
  runId: string;
  approvalId: string;
  operationId: string;
  /** Whether the call may be sent, for the first time or again. */
  allows: boolean;
  reason: string | null;
  /** What becomes of a call that may not. */
  refused: { state: 'denied' | 'needsReview'; output: string };
  event: NewEvent;
  resumed: NewEvent;
}

/**
 * Decides an approval, once: its own row says whether it is still open (E1). The last decision of a waiting run queues it;
 * a paused one stays paused.
 *
 * @returns null when the approval was decided, has expired, or its run has ended
 */
export function decideApproval(db: Database, input: DecisionInput): Promise<Moved | null> {
  const { allows } = input;
  const queues = sql`status = 'waiting' AND open_waits = 1`;
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    before: [
      // The run's row first, as everywhere: whoever ends the run closes its approvals in that order.
      sql`locked AS (SELECT id FROM runs WHERE id = ${input.runId}::text FOR UPDATE)`,
      sql`decided AS (
        UPDATE approvals SET state = ${allows ? 'allowed' : 'denied'}::text, reason = ${input.reason}::text,
          decided_at = ${NOW}
        FROM locked WHERE approvals.id = ${input.approvalId}::text AND run_id = locked.id AND state = 'pending' AND expires_at > ${NOW}
        RETURNING tool_call_id)`,
    ],
    guard: sql`status NOT IN ${TERMINAL} AND open_waits > 0 AND EXISTS (SELECT FROM decided)`,
    next: sql`CASE WHEN ${queues} THEN 'queued' ELSE status END`,
    set: [
      sql`open_waits = open_waits - 1`,
      sql`waiting_for = CASE WHEN ${queues} THEN NULL ELSE waiting_for END`,
      sql`dispatch_no = dispatch_no + (${queues})::int`,
      sql`sweep_no = CASE WHEN ${queues} THEN 0 ELSE sweep_no END`,
      sql`sweep_after = CASE WHEN ${queues} THEN ${NOW} + ${ms(DISPATCH_GRACE_MS)} ELSE sweep_after END`,
    ],
    events: [input.event],
    outcomes: { queued: input.resumed },
    arms: [decideCall(input)],
  });
}

/** What is to be sent again keeps saying that it may have taken effect, until it is known. */
const decideCall = ({ allows, refused }: DecisionInput): SQL => sql`calls AS (
  UPDATE tool_calls SET state = ${allows ? 'approved' : refused.state}::text,
    output = ${allows ? sql`tool_calls.output` : sql`${refused.output}::text`},
    finished_at = CASE WHEN ${!allows}::boolean THEN ${NOW} END
  FROM moved, decided WHERE tool_calls.id = decided.tool_call_id)`;
