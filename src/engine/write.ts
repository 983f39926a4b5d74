import type { Moved } from '../store/runs/move.ts';
import type { Engine } from './engine.ts';
import { LeaseLost } from './heartbeat.ts';
import { publishLater, type Work } from './work.ts';

/** The fence of the next write: a new operation id each time (E2, E3). */
export const fence = (work: Work) => ({
  runId: work.runId,
  epoch: work.epoch,
  operationId: crypto.randomUUID(),
});

/**
 * Every write of a worker ends here: one that did not win means that the run has another worker. One that won may be read back
 * after a cancel that came right behind it.
 */
export function accepted(engine: Engine, work: Work, moved: Moved | null): Moved {
  if (!moved) throw new LeaseLost();
  if (moved.cancelRequested) work.heartbeat.cancel();
  publishLater(engine, work, moved);
  return moved;
}
