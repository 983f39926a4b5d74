import { RESUMED } from '../../engine/announce.ts';
import type { Run } from '../../store/run-reads.ts';
import { extendBudget } from '../../store/runs/control.ts';
import { isTerminal } from '../../store/states.ts';
import type { Context } from '../context.ts';
import { AppError, invalidField } from '../errors.ts';
import { getRun } from './get-run.ts';
import { tellOfMove } from './tell.ts';

/**
 * Raises how many steps a run may take; one that waits for that goes on. Repeating it changes nothing.
 *
 * @throws {AppError} notFound, runEnded, or validationFailed for fewer steps than it may take already
 */
export async function extendRun(
  context: Context,
  { userId, runId, maxSteps }: { userId: string; runId: string; maxSteps: number },
): Promise<Run> {
  const before = await getRun(context, { userId, runId });
  if (isTerminal(before.status)) throw ended();
  if (maxSteps < before.maxSteps) {
    throw invalidField('body.maxSteps', `The run may take ${before.maxSteps} steps already.`);
  }
  const operationId = crypto.randomUUID();
  const moved = await extendBudget(context.db, { runId, operationId, maxSteps, event: RESUMED() });
  if (moved) await tellOfMove(context, moved);
  const run = await getRun(context, { userId, runId });
  // It ended between the two looks.
  if (run.maxSteps < maxSteps) throw ended();
  return run;
}

const ended = () => new AppError('runEnded', 'The run has ended. Send its agent a message to start another.');
