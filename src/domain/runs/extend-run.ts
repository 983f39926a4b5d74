import { RESUMED } from '../../engine/announce.ts';
import type { Run } from '../../store/run-reads.ts';
import { extendBudget } from '../../store/runs/extend.ts';
import { isTerminal } from '../../store/states.ts';
import type { Context } from '../context.ts';
import { AppError, invalidField } from '../errors.ts';
import { toMicroUsd } from '../money.ts';
import { getRun } from './get-run.ts';
import { tellOfMove } from './tell.ts';

const LIMITS = ['maxSteps', 'maxCostUsd', 'maxDurationSeconds'] as const;

/** What the limits of a run are to be; undefined stays as it is. */
export type NewLimits = { [Limit in (typeof LIMITS)[number]]?: number | undefined };

/**
 * Raises limits of a run; one that waits for them goes on. Repeating it changes nothing.
 *
 * @throws {AppError} notFound, runEnded, or validationFailed for a limit lower than it is or one that the run does not have
 */
export async function extendRun(
  context: Context,
  { organisationId, runId, ...limits }: { organisationId: string; runId: string } & NewLimits,
): Promise<Run> {
  const before = await getRun(context, { organisationId, runId });
  if (isTerminal(before.status)) throw ended();
  for (const limit of LIMITS) {
    const wanted = limits[limit];
    if (wanted === undefined) continue;
    const current = before[limit];
    if (current === null) throw invalidField(`body.${limit}`, 'The run has no such limit.');
    if (wanted < current)
      throw invalidField(`body.${limit}`, `It is ${current} already and can only be raised.`);
  }
  const moved = await extendBudget(context.db, {
    runId,
    operationId: crypto.randomUUID(),
    maxSteps: limits.maxSteps,
    maxCostMicroUsd: toMicroUsd(limits.maxCostUsd),
    maxDurationSeconds: limits.maxDurationSeconds,
    event: RESUMED(),
  });
  if (moved) await tellOfMove(context, moved);
  const run = await getRun(context, { organisationId, runId });
  // It ended between the two looks.
  if (LIMITS.some((limit) => (run[limit] ?? 0) < (limits[limit] ?? 0))) throw ended();
  return run;
}

const ended = () => new AppError('runEnded', 'The run has ended. Send its agent a message to start another.');
