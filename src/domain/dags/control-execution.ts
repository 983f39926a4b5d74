import { proceed, stopExecution, suspendExecution } from '../../engine/dag/follow-node.ts';
import { DAG_SPEECH } from '../../engine/dag/speech.ts';
import { flagExecution, reviveExecution, settleExecution } from '../../store/dag/control.ts';
import type { Execution } from '../../store/dag-executions.ts';
import { findRun } from '../../store/run-reads.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { controlRun } from '../runs/control-run.ts';
import { getExecution } from './get-execution.ts';

interface Which {
  organisationId: string;
  executionId: string;
}

const isOver = ({ status }: Execution): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';

/**
 * Cancels an execution: nothing begins any more, and each of its runs is told to stop. Of one that is over it changes nothing.
 *
 * @throws {AppError} notFound
 */
export async function cancelExecution(context: Context, which: Which): Promise<Execution> {
  await getExecution(context, which);
  // First: what is lost after the flag is raised, the sweeper is to find.
  await context.live.wakeSweeper();
  if (await flagExecution(context.db, which.executionId, 'cancel')) {
    await stopExecution(context.engine, which.executionId);
  }
  return getExecution(context, which);
}

/**
 * Pauses an execution: nothing begins any more, and each of its runs pauses at its next commit. Of one that is over it
 * changes nothing.
 *
 * @throws {AppError} notFound
 */
export async function pauseExecution(context: Context, which: Which): Promise<Execution> {
  await getExecution(context, which);
  await context.live.wakeSweeper();
  if (await flagExecution(context.db, which.executionId, 'pause')) {
    await suspendExecution(context.engine, which.executionId);
  }
  return getExecution(context, which);
}

/**
 * Lets a paused execution go on, with its paused runs; or takes a failed one up again where it failed. What completed is not done again.
 *
 * @throws {AppError} notFound or executionEnded, for one that completed or was cancelled
 */
export async function resumeExecution(context: Context, which: Which): Promise<Execution> {
  const { db, engine, live } = context;
  const { executionId, organisationId } = which;
  const execution = await getExecution(context, which);
  await live.wakeSweeper();
  if (execution.status === 'failed') {
    await reviveExecution(db, executionId, DAG_SPEECH);
  } else if (isOver(execution)) {
    throw new AppError('executionEnded', `The execution is ${execution.status}. Execute the DAG again.`);
  } else {
    await flagExecution(db, executionId, 'resume');
    const settled = await settleExecution(db, executionId, DAG_SPEECH);
    for (const runId of settled?.runIds ?? []) {
      const run = await findRun(db, organisationId, runId);
      if (run?.status === 'paused' || run?.pauseRequested) {
        await controlRun(context, { organisationId, runId, action: 'resume' });
      }
    }
  }
  await proceed(engine, executionId);
  return getExecution(context, which);
}
