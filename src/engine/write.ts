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

/** Every write of a worker ends here: one that did not win means that the run has another worker. */
export function accepted(engine: Engine, work: Work, moved: Moved | null): Moved {
  if (!moved) throw new LeaseLost();
  publishLater(engine, work, moved);
  return moved;
}
