import { readJobFiles } from '../../store/jobs.ts';
import { zipOf } from '../../zip.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { unknownJob } from './get-job.ts';
import { runIdOf } from './job-id.ts';

type Which = { organisationId: string; jobId: string };

/**
 * What a job has written so far, by path.
 *
 * @throws {AppError} notFound
 */
export async function allJobFiles(
  { db }: Context,
  { organisationId, jobId }: Which,
): Promise<{ path: string; content: string }[]> {
  const runId = runIdOf(jobId);
  const files = runId === null ? null : await readJobFiles(db, organisationId, { runId });
  if (files === null) throw unknownJob();
  return files;
}

/**
 * One file as the job has it now.
 *
 * @throws {AppError} notFound
 */
export async function readJobFile(
  { db }: Context,
  { organisationId, jobId, path }: Which & { path: string },
): Promise<string> {
  const runId = runIdOf(jobId);
  const files = runId === null ? null : await readJobFiles(db, organisationId, { runId, path });
  if (files === null) throw unknownJob();
  const [file] = files;
  if (file === undefined) throw new AppError('notFound', 'The job has no such file.');
  return file.content;
}

/**
 * All files as a zip; the same files make the same bytes.
 *
 * @throws {AppError} notFound
 */
export async function zipJobFiles(context: Context, job: Which): Promise<Uint8Array<ArrayBuffer>> {
  return zipOf(await allJobFiles(context, job));
}
