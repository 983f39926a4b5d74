import type { Pushed } from '../../project/push-files.ts';
import type { JobRow, StoredJob } from '../../store/jobs.ts';
import type { RunError, RunStatus, WaitingFor } from '../../store/states.ts';
import { jobIdOf } from './job-id.ts';

export type JobState = 'waiting' | 'active' | 'completed' | 'failed';

/** A run of a generator as one item of a queue. Times are RFC 3339. */
export interface JobSummary {
  jobId: string;
  runId: string;
  agentId: string;
  state: JobState;
  /** Of its plan, in hundredths: 100 when it is completed, and never before. It does not go back. */
  progress: number;
  prompt: string;
  /** "owner/name", where it pushes what it makes. */
  repository: string | null;
  /** What an active one waits for. */
  waitingFor: WaitingFor | null;
  error: { code: RunError['code'] | 'cancelled'; message: string } | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

/** With what it made; null before its end. */
export interface Job extends JobSummary {
  result: { success: boolean; files: { path: string; bytes: number }[]; pushed: Pushed | null } | null;
}

export function jobStateOf(status: RunStatus): JobState {
  switch (status) {
    case 'queued':
      return 'waiting';
    case 'running':
    case 'waiting':
    case 'paused':
      return 'active';
    case 'completed':
      return 'completed';
    case 'failed':
    case 'cancelled':
      return 'failed';
  }
}

const CANCELLED = { code: 'cancelled', message: 'The job was cancelled.' } as const;

export function summaryOfJob({ status, progress, error, ...row }: StoredJob): JobSummary {
  return {
    jobId: jobIdOf(row.runId),
    ...row,
    state: jobStateOf(status),
    progress: status === 'completed' ? 100 : Math.min(progress, 99),
    error: status === 'cancelled' ? CANCELLED : error,
  };
}

export function jobOf({ files, pushed, ...row }: JobRow): Job {
  const state = jobStateOf(row.status);
  const isOver = state === 'completed' || state === 'failed';
  return { ...summaryOfJob(row), result: isOver ? { success: state === 'completed', files, pushed } : null };
}
