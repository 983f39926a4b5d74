import type { Listed, RowPosition } from '../../store/bounded-page.ts';
import { listJobs as readJobs } from '../../store/jobs.ts';
import type { RunStatus } from '../../store/states.ts';
import type { Context } from '../context.ts';
import { type JobState, type JobSummary, jobStateOf, summaryOfJob } from './job.ts';

const STATUSES: readonly RunStatus[] = [
  'queued',
  'running',
  'waiting',
  'paused',
  'completed',
  'failed',
  'cancelled',
];

/** A page of the organisation's jobs, newest first. */
export async function listJobs(
  { db }: Context,
  {
    state,
    ...page
  }: {
    organisationId: string;
    state?: JobState | undefined;
    limit: number;
    after: RowPosition | undefined;
  },
): Promise<Listed<JobSummary>> {
  const statuses = state === undefined ? null : STATUSES.filter((status) => jobStateOf(status) === state);
  const { items, next } = await readJobs(db, { ...page, statuses });
  return { items: items.map(summaryOfJob), next };
}
