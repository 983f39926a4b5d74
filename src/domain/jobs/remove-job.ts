import { archiveEmptyGenerator } from '../../store/jobs.ts';
import type { Context } from '../context.ts';
import { controlRun } from '../runs/control-run.ts';
import { removeRun } from '../runs/remove-run.ts';
import { getJob } from './get-job.ts';

/**
 * Cancels a job that is waiting or active, which is seen in its state from then on; forgets one that has ended, with all it
 * made that was not taken elsewhere. Repeating it is harmless.
 *
 * @throws {AppError} notFound, runForked, or runActive for one that was retried meanwhile
 */
export async function removeJob(
  context: Context,
  job: { organisationId: string; jobId: string },
): Promise<'cancelled' | 'forgotten'> {
  const { organisationId } = job;
  const { runId, agentId, state } = await getJob(context, job);
  if (state === 'waiting' || state === 'active') {
    await controlRun(context, { organisationId, runId, action: 'cancel' });
    return 'cancelled';
  }
  await removeRun(context, { organisationId, runId });
  await archiveEmptyGenerator(context.db, agentId);
  return 'forgotten';
}
