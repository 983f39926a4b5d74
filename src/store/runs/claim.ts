import { sql } from 'drizzle-orm';
import type { Database } from '../database.ts';
import { query } from '../database.ts';
import { toJson } from '../json.ts';
import type { RunStatus } from '../states.ts';
import { type Allowance, type FirstSteps, NEXT, REACHED, type StepCost, WAKE_AT } from './budget.ts';
import { closeOpenWork } from './end-attempt.ts';
import { type Moved, moveRun, ms, type NewEvent, NOW, TERMINAL } from './move.ts';
import { type NextRun, startNext } from './next-run.ts';
import { HELD_LOOK_MS } from './slots.ts';
import { INHERITED_TAINT } from './taint.ts';

/** After this many claims that led to no commit the run is poison: whatever it does kills its workers. */
export const MAX_CLAIMS_WITHOUT_COMMIT = 8;

export interface ClaimInput {
  runId: string;
  dispatchNo: number;
  operationId: string;
  leaseMs: number;
  /** `firstSteps`: what a run's first step may cost whose context nobody has seen yet. */
  budget: Allowance & { firstSteps: FirstSteps };
  /** How many runs of an organisation may be at work at once that has no number of its own. */
  concurrentRuns: number;
  outcomes: Record<'running' | 'queued' | 'paused' | 'cancelled' | 'failed', NewEvent>;
  nextRun: NextRun;
}

/**
 * Takes the run for this worker: raises the epoch (E2) and starts a lease by the database's clock (E6). Won by one delivery
 * of the current dispatch, when the run is queued, its timer is up, or its worker's lease has run out: what that one had
 * reserved counts as spent. The next step's reservation is taken here, and a run that may not have it waits. `run.started` is
 * announced with the first claim that lets it begin. Where the organisation has as many runs at work as it may, this one stays
 * `queued`, which is announced once, under a new dispatch that is sent when its turn has come.
 */
export function claimRun(db: Database, input: ClaimInput): Promise<Moved | null> {
  const next = sql`CASE
    WHEN cancel_requested THEN 'cancelled'
    WHEN claims_without_commit >= ${MAX_CLAIMS_WITHOUT_COMMIT}::int THEN 'failed'
    WHEN pause_requested THEN 'paused'
    ELSE 'running' END`;
  const leaseEnd = sql`CASE WHEN ${NEXT} = 'running' THEN ${NOW} + ${ms(input.leaseMs)} END`;
  const steps = sql`(${toJson(input.budget.firstSteps)}::jsonb -> provider)`;
  const held = sql`${NEXT} = 'queued'`;
  const firstStep = (key: keyof StepCost) =>
    sql`(COALESCE(${steps} -> model, ${steps} -> '*') ->> ${key}::text)::bigint`;
  const poison = toJson(input.outcomes.failed.data);
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    guard: sql`dispatch_no = ${input.dispatchNo}::int AND (status = 'queued'
      OR (status = 'running' AND lease_expires_at <= ${NOW})
      OR (status = 'waiting' AND waiting_for IN ('timer', 'budget') AND wake_at <= ${NOW}))`,
    next,
    concurrentRuns: input.concurrentRuns,
    spending: {
      limits: {
        ...input.budget,
        exempt: sql`answered`,
        stepCount: sql`step_no`,
        least: sql`COALESCE(step_least_micro_usd, ${firstStep('leastMicroUsd')}, 0)`,
        most: sql`COALESCE(step_most_micro_usd, ${firstStep('mostMicroUsd')}, 0)`,
      },
    },
    set: [
      sql`epoch = epoch + 1`,
      ...INHERITED_TAINT,
      sql`lease_expires_at = ${leaseEnd}`,
      sql`sweep_after = CASE WHEN ${held} THEN ${NOW} + ${ms(HELD_LOOK_MS)} ELSE COALESCE(${leaseEnd}, ${WAKE_AT}) END`,
      sql`dispatch_no = dispatch_no + (${held})::int`,
      sql`sweep_no = CASE WHEN ${held} THEN 0 ELSE sweep_no END`,
      sql`claims_without_commit = claims_without_commit + (${NEXT} = 'running')::int`,
      sql`waiting_for = CASE WHEN ${REACHED} IS NOT NULL THEN 'budget' END`,
      sql`wake_at = ${WAKE_AT}`,
      // One that is poison cannot be paused any more; the run after it can.
      sql`pause_requested = pause_requested AND (${next}) = 'failed'`,
      sql`started_at = COALESCE(started_at, CASE WHEN ${NEXT} = 'running' THEN ${NOW} END)`,
      sql`error = CASE WHEN (${next}) = 'failed' THEN ${poison}::jsonb END`,
      sql`finished_at = CASE WHEN (${next}) IN ${TERMINAL} THEN ${NOW} END`,
    ],
    outcomes: input.outcomes,
    arms: [...closeOpenWork, beginCalls, ...startNext(input.nextRun)],
    starts: input.nextRun.runIds,
    outcomesWhen: sql`CASE ${NEXT} WHEN 'running' THEN started_at IS NULL WHEN 'queued' THEN NOT held_back ELSE true END`,
  });
}

/** From here on the calls of a planned step may have taken effect, save marked ones, of which each is begun by itself. */
const beginCalls = sql`begun AS (
  UPDATE tool_calls SET state = 'executing' FROM moved
  WHERE moved.status = 'running' AND run_id = moved.id AND tool_calls.step_no = moved.step_no + 1
    AND tool_calls.state IN ('planned', 'approved') AND NOT marked)`;

/** Why a delivery could not claim its run (E7). `leftMs` is how long the present worker's lease or timer still lasts. */
export type ClaimRefusal = { kind: 'stale'; status: RunStatus | null } | { kind: 'busy'; leftMs: number };

/** Reads what stands in the way of a claim that did not win. */
export async function refusedClaim(db: Database, runId: string, dispatchNo: number): Promise<ClaimRefusal> {
  const [run] = await query<{ status: RunStatus; current: boolean; leftMs: number | null }>(
    db,
    sql`SELECT status, dispatch_no = ${dispatchNo}::int AS current,
      (EXTRACT(EPOCH FROM CASE WHEN status = 'waiting' THEN CASE WHEN waiting_for = 'timer' THEN wake_at END
        ELSE lease_expires_at END - engine_now()) * 1000)::int AS "leftMs"
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
