import { sql } from 'drizzle-orm';
import type { Database } from '../database.ts';
import { query } from '../database.ts';
import { toJson } from '../json.ts';
import type { RunStatus } from '../states.ts';
import { closeOpenWork } from './end-attempt.ts';
import { type Moved, moveRun, ms, type NewEvent, NOW, TERMINAL } from './move.ts';
import { type NextRun, startNext } from './next-run.ts';

/** After this many claims that led to no commit the run is poison: whatever it does kills its workers. */
export const MAX_CLAIMS_WITHOUT_COMMIT = 8;

export interface ClaimInput {
  runId: string;
  dispatchNo: number;
  operationId: string;
  leaseMs: number;
  outcomes: Record<'running' | 'waiting' | 'paused' | 'cancelled' | 'failed', NewEvent>;
  nextRun: NextRun;
}

/**
 * Takes the run for this worker: raises the epoch (E2) and starts a lease by the database's clock (E6). Won by one delivery
 * of the current dispatch, when the run is queued, its timer is up, or its worker's lease has run out. `run.started` is
 * announced with the first claim only.
 */
export function claimRun(db: Database, input: ClaimInput): Promise<Moved | null> {
  const next = sql`CASE
    WHEN cancel_requested THEN 'cancelled'
    WHEN claims_without_commit >= ${MAX_CLAIMS_WITHOUT_COMMIT}::int THEN 'failed'
    WHEN pause_requested THEN 'paused'
    WHEN step_no >= max_steps THEN 'waiting'
    ELSE 'running' END`;
  const leaseEnd = sql`CASE WHEN (${next}) = 'running' THEN ${NOW} + ${ms(input.leaseMs)} END`;
  const poison = toJson(input.outcomes.failed.data);
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    guard: sql`dispatch_no = ${input.dispatchNo}::int AND (status = 'queued'
      OR (status = 'running' AND lease_expires_at <= ${NOW})
      OR (status = 'waiting' AND waiting_for = 'timer' AND wake_at <= ${NOW}))`,
    next,
    set: [
      sql`epoch = epoch + 1`,
      sql`lease_expires_at = ${leaseEnd}`,
      sql`sweep_after = ${leaseEnd}`,
      sql`claims_without_commit = claims_without_commit + 1`,
      sql`waiting_for = CASE WHEN (${next}) = 'waiting' THEN 'budget' END`,
      sql`wake_at = NULL`,
      // One that is poison cannot be paused any more; the run after it can.
      sql`pause_requested = pause_requested AND (${next}) = 'failed'`,
      sql`started_at = COALESCE(started_at, ${NOW})`,
      sql`error = CASE WHEN (${next}) = 'failed' THEN ${poison}::jsonb END`,
      sql`finished_at = CASE WHEN (${next}) IN ${TERMINAL} THEN ${NOW} END`,
    ],
    outcomes: input.outcomes,
    arms: [...closeOpenWork, beginCalls, ...startNext(input.nextRun)],
    starts: input.nextRun.runIds,
    outcomesWhen: sql`((${next}) <> 'running' OR epoch = 0)`,
  });
}

/** From here on the calls of a planned step may have taken effect, save marked ones, of which each is begun by itself. */
const beginCalls = sql`begun AS (
  UPDATE tool_calls SET state = 'executing' FROM moved
  WHERE moved.status = 'running' AND run_id = moved.id AND tool_calls.state IN ('planned', 'approved') AND NOT marked)`;

/** Why a delivery could not claim its run (E7). `leftMs` is how long the present worker's lease or timer still lasts. */
export type ClaimRefusal = { kind: 'stale'; status: RunStatus | null } | { kind: 'busy'; leftMs: number };

/** Reads what stands in the way of a claim that did not win. */
export async function refusedClaim(db: Database, runId: string, dispatchNo: number): Promise<ClaimRefusal> {
  const [run] = await query<{ status: RunStatus; current: boolean; leftMs: number | null }>(
    db,
    sql`SELECT status, dispatch_no = ${dispatchNo}::int AS current,
      (EXTRACT(EPOCH FROM COALESCE(wake_at, lease_expires_at) - engine_now()) * 1000)::int AS "leftMs"
      FROM runs WHERE id = ${runId}::text`,
  );
  if (!run?.current) return { kind: 'stale', status: run?.status ?? null };
  switch (run.status) {
    case 'running':
    case 'queued':
      return { kind: 'busy', leftMs: Math.max(0, run.leftMs ?? 0) };
    case 'waiting':
      return run.leftMs === null
        ? { kind: 'stale', status: run.status }
        : { kind: 'busy', leftMs: Math.max(0, run.leftMs) };
    case 'paused':
    case 'completed':
    case 'failed':
    case 'cancelled':
      return { kind: 'stale', status: run.status };
  }
}
