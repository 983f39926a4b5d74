import { sql } from 'drizzle-orm';
import type { Database } from '../database.ts';
import {
  type Allowance,
  type Charge,
  NEXT,
  NOTHING_SPENT,
  REACHED,
  type StepCost,
  WAKE_AT,
} from './budget.ts';
import { closeOpenWork } from './end-attempt.ts';
import { type Moved, moveRun, ms, type NewEvent, NOW, TERMINAL } from './move.ts';
import { type Fence, fencedOnce } from './step.ts';

/**
 * Gives back what the worker's next call of the model has reserved and takes what it needs instead, now that its context is
 * known; the run waits if it may not have that. The model was not asked meanwhile, unless that is what `charge` settles, and if
 * a cancel or a pause came first it is not asked again.
 */
export function reserveMore(
  db: Database,
  input: Fence & {
    /** The step that the call is for: a try that was given up and arrives behind its commit reserves nothing. */
    stepNo: number;
    leaseMs: number;
    budget: Allowance & { nextStep: StepCost };
    /** What another call has cost that this one takes the place of. `outgrown`: it was too long for the model, and is summed up first. */
    charge?: Charge;
    outgrown?: true;
    events?: NewEvent[];
    outcomes: Record<'cancelled' | 'paused', NewEvent>;
  },
): Promise<Moved | null> {
  const { nextStep } = input.budget;
  const least = sql`${nextStep.leastMicroUsd}::bigint`;
  const most = sql`${nextStep.mostMicroUsd}::bigint`;
  const leaseEnd = sql`CASE WHEN ${NEXT} = 'running' THEN ${NOW} + ${ms(input.leaseMs)} END`;
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    guard: sql`${fencedOnce(input)} AND step_no = ${input.stepNo - 1}::int`,
    next: sql`CASE WHEN cancel_requested THEN 'cancelled' WHEN pause_requested THEN 'paused' ELSE 'running' END`,
    spending: {
      charge: input.charge ?? NOTHING_SPENT,
      limits: { ...input.budget, stepCount: sql`step_no`, least, most },
    },
    set: [
      sql`step_least_micro_usd = ${least}`,
      sql`step_most_micro_usd = ${most}`,
      ...(input.outgrown ? [sql`outgrown = true`] : []),
      // There is something to ask the model.
      sql`answered = false`,
      sql`lease_expires_at = ${leaseEnd}`,
      sql`sweep_after = COALESCE(${leaseEnd}, ${WAKE_AT})`,
      sql`wake_at = ${WAKE_AT}`,
      sql`waiting_for = CASE WHEN ${REACHED} IS NOT NULL THEN 'budget' END`,
      // A worker that comes as far as to ask is not one that was lost.
      sql`claims_without_commit = CASE WHEN ${NEXT} = 'running' THEN claims_without_commit ELSE 0 END`,
      sql`pause_requested = pause_requested AND ${NEXT} <> 'paused'`,
      sql`finished_at = CASE WHEN ${NEXT} IN ${TERMINAL} THEN ${NOW} END`,
    ],
    ...(input.events ? { events: input.events } : {}),
    outcomes: input.outcomes,
    arms: closeOpenWork,
  });
}
