import { findJob } from '../../store/jobs.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { type Job, jobOf } from './job.ts';
import { runIdOf } from './job-id.ts';

export const unknownJob = () => new AppError('notFound', 'There is no such job.');

/** @throws {AppError} notFound, for another organisation's job and for a run that is none, too */
export async function getJob(
  { db }: Context,
  { organisationId, jobId }: { organisationId: string; jobId: string },
): Promise<Job> {
  const runId = runIdOf(jobId);
  const row = runId === null ? null : await findJob(db, organisationId, runId);
  if (row === null) throw unknownJob();
  return jobOf(row);
}
