import { sql } from 'drizzle-orm';
import type { Database } from '../database.ts';
import { ACTIVE_MS } from './budget.ts';
import type { ControlInput } from './control.ts';
import { DISPATCH_GRACE_MS, type Moved, moveRun, ms, NOW, TERMINAL } from './move.ts';

/** Limits to be raised; undefined stays as it is. */
export interface Extension {
  maxSteps?: number | undefined;
  maxCostMicroUsd?: number | undefined;
  maxDurationSeconds?: number | undefined;
}

/**
 * Raises limits of a run, never lowers one; what it was warned of it is warned of again. A run that waits for one is queued
 * when none of its own keeps it waiting any more. Null means that nothing was to be raised, or that the run has ended.
 */
export function extendBudget(db: Database, input: ControlInput & Extension): Promise<Moved | null> {
  const { runId, operationId, maxSteps = null, maxCostMicroUsd = null, maxDurationSeconds = null } = input;
  // A limit that is not set stays so: `GREATEST` would pass over the NULL and set it.
  const steps = sql`GREATEST(max_steps, ${maxSteps}::int)`;
  const cost = sql`CASE WHEN max_cost_micro_usd IS NOT NULL THEN GREATEST(max_cost_micro_usd, ${maxCostMicroUsd}::bigint) END`;
  const duration = sql`CASE WHEN max_duration_seconds IS NOT NULL
    THEN GREATEST(max_duration_seconds, ${maxDurationSeconds}::int) END`;
  const hasRoom = sql`step_no < ${steps} AND COALESCE(${ACTIVE_MS} < ${duration} * 1000::bigint, true)
    AND COALESCE(cost_micro_usd + delegated_micro_usd + COALESCE(step_least_micro_usd, 1) <= ${cost}, true)`;
  const goesOn = sql`(status = 'waiting' AND waiting_for = 'budget' AND wake_at IS NULL AND ${hasRoom})`;
  return moveRun(db, {
    runId,
    operationId,
    takesOperation: sql`CASE WHEN ${goesOn} THEN ${operationId}::text ELSE operation_id END`,
    guard: sql`status NOT IN ${TERMINAL} AND (max_steps < ${maxSteps}::int
      OR max_cost_micro_usd < ${maxCostMicroUsd}::bigint OR max_duration_seconds < ${maxDurationSeconds}::int)`,
    next: sql`CASE WHEN ${goesOn} THEN 'queued' ELSE status END`,
    set: [
      sql`max_steps = ${steps}`,
      sql`max_cost_micro_usd = ${cost}`,
      sql`max_duration_seconds = ${duration}`,
      sql`warned = array_remove(array_remove(array_remove(warned,
        CASE WHEN max_steps < ${maxSteps}::int THEN 'steps' END),
        CASE WHEN max_cost_micro_usd < ${maxCostMicroUsd}::bigint THEN 'cost' END),
        CASE WHEN max_duration_seconds < ${maxDurationSeconds}::int THEN 'duration' END)`,
      sql`dispatch_no = dispatch_no + (${goesOn})::int`,
      sql`sweep_no = CASE WHEN ${goesOn} THEN 0 ELSE sweep_no END`,
      sql`sweep_after = CASE WHEN ${goesOn} THEN ${NOW} + ${ms(DISPATCH_GRACE_MS)} ELSE sweep_after END`,
      sql`waiting_for = CASE WHEN ${goesOn} THEN NULL ELSE waiting_for END`,
    ],
    outcomes: { queued: input.event },
    outcomesWhen: goesOn,
  });
}
