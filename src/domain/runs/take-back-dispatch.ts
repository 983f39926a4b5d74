import type { Dispatch } from '../../queue/port.ts';
import { makeDue } from '../../store/runs/sweep.ts';
import type { Context } from '../context.ts';

/** The queue gave up on a delivery. That fails no run: it becomes due, and the next sweep dispatches it anew (E7). */
export async function takeBackDispatch(
  { db, live }: Context,
  { runId, dispatchNo }: Dispatch,
): Promise<void> {
  await makeDue(db, { runId, dispatchNo, inMs: 0 });
  await live.wakeSweeper();
}
