import { followRun } from '../../events/follow.ts';
import type { Dag } from '../../store/dags.ts';
import type { Actor } from '../actor.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { getDag } from './get-dag.ts';
import { type DagPlan, getPlan } from './get-plan.ts';

/** Where a plan rests: waiting longer is of no use. */
const RESTS: ReadonlySet<string> = new Set(['run.waiting', 'run.paused']);

interface Patience {
  actor: Actor;
  waitSeconds: number;
  /** Of the request: who has left waits for nothing. */
  signal: AbortSignal;
  until: Date | null;
}

/**
 * Waits a while for what comes of a plan.
 *
 * @returns the DAG, or the plan as it is when the patience is over
 * @throws {AppError} planInvalid with what was wrong, or planFailed
 */
export async function awaitPlan(
  context: Context,
  plan: DagPlan,
  patience: Patience,
): Promise<{ dag: Dag } | { plan: DagPlan }> {
  const { organisationId } = patience.actor;
  const isOver = plan.finishedAt !== null || patience.waitSeconds === 0;
  const settled = isOver ? plan : await restOf(context, plan, patience);
  const { status, dagId, error, problems } = settled;
  if (status === 'completed' && dagId !== null) {
    return { dag: await getDag(context, { organisationId, dagId }) };
  }
  if (status === 'failed' && error?.code === 'planInvalid') {
    throw new AppError('planInvalid', error.message, { errors: problems });
  }
  if (status === 'failed' || status === 'cancelled') {
    throw new AppError('planFailed', error?.message ?? 'The planning was cancelled.');
  }
  return { plan: settled };
}

async function restOf(
  context: Context,
  { id: runId, agentId }: DagPlan,
  { actor, waitSeconds, signal, until }: Patience,
): Promise<DagPlan> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(waitSeconds * 1_000)]);
  const items = followRun(context, {
    runId,
    agentId,
    after: 0,
    signal: patience,
    viewer: actor,
    ...(until === null ? {} : { until: until.getTime() }),
  });
  for await (const item of items) if (item.kind === 'event' && RESTS.has(item.event.type)) break;
  return getPlan(context, { organisationId: actor.organisationId, runId });
}
