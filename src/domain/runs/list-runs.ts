import type { Listed, RowPosition } from '../../store/bounded-page.ts';
import { type Run, listRuns as readRuns } from '../../store/run-reads.ts';
import type { RunStatus } from '../../store/states.ts';
import type { Context } from '../context.ts';

/** A page of the user's runs, newest first. Another user's agent has none. */
export function listRuns(
  { db }: Context,
  page: {
    userId: string;
    agentId: string | undefined;
    status: RunStatus | undefined;
    limit: number;
    after: RowPosition | undefined;
  },
): Promise<Listed<Run>> {
  return readRuns(db, page);
}
