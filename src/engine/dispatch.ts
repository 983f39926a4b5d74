import type { Moved } from '../store/runs/move.ts';
import type { Engine } from './engine.ts';

type Dispatchable = Pick<Moved, 'runId' | 'traceId' | 'status' | 'dispatchNo' | 'sweepNo' | 'wakeInMs'>;

/**
 * Sends the queue the hint that a run can go on, if it can: now when it is queued, later when it waits for a timer. Best
 * effort: the row is the outbox, and the sweeper owns what was lost (E4).
 *
 * @returns false when there was something to send and the queue did not take it
 */
export async function dispatch(engine: Pick<Engine, 'queue' | 'log'>, run: Dispatchable): Promise<boolean> {
  if (run.status !== 'queued' && run.wakeInMs === null) return true;
  const published = await engine.queue.publish({
    runId: run.runId,
    dispatchNo: run.dispatchNo,
    sweepNo: run.sweepNo,
    traceId: run.traceId,
    ...(run.wakeInMs === null ? {} : { delayMs: run.wakeInMs }),
  });
  if (!published) {
    const { runId, dispatchNo, traceId } = run;
    engine.log.warn('dispatchLost', { runId, dispatchNo, traceId });
  }
  return published;
}

/** Tells the queue of runs that were held back and may begin now. Best effort, as above; to send one twice is harmless. */
export async function admit(
  engine: Pick<Engine, 'queue' | 'log'>,
  { admitted }: Pick<Moved, 'admitted'>,
): Promise<void> {
  await Promise.all(
    admitted.map((run) => dispatch(engine, { ...run, status: 'queued', sweepNo: 0, wakeInMs: null })),
  );
}
