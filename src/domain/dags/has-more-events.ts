import { readDagEvents } from '../../store/dag-events.ts';
import type { Context } from '../context.ts';

/** Whether an execution has told anything behind a place. */
export async function hasMoreEvents(
  { db }: Context,
  { executionId, after }: { executionId: string; after: number },
): Promise<boolean> {
  const page = await readDagEvents(db, executionId, after);
  return page !== null && page.events.length > 0;
}
