const [JOB, RUN] = ['job_', 'run_'];

/** A job is a run, and its id the run's under another name. */
export const jobIdOf = (runId: string): string => runId.replace(/^run_/, JOB);

/** @returns null for what is no job's id */
export const runIdOf = (jobId: string): string | null =>
  jobId.startsWith(JOB) ? RUN + jobId.slice(JOB.length) : null;
