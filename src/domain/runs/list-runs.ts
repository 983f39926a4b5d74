import type { Listed } from '../../store/bounded-page.ts';
import { type Run, type RunQuery, listRuns as readRuns } from '../../store/run-reads.ts';
import type { Context } from '../context.ts';

/** A page of the organisation's runs, newest first. Another user's agent has none. */
export function listRuns({ db }: Context, query: RunQuery): Promise<Listed<Run>> {
  return readRuns(db, query);
}
