import { describeError } from '../log.ts';
import type { Moved } from '../store/runs/move.ts';
import { collectDeliveries, sweepDeliveries, unhookedRuns } from '../store/webhook-outbox.ts';
import type { Engine } from './engine.ts';

type Hooker = Pick<Engine, 'db' | 'queue' | 'log'>;

const BATCH = 50;

/**
 * Hands a run's new events to the webhooks of its organisation, if it has any: the move that made them has read that along, so
 * nobody pays for what nobody asked for. Best effort: the events are the outbox, and the sweeper finds what was lost (E4).
 */
export async function hook(
  engine: Hooker,
  { runId, hasHooks }: Pick<Moved, 'runId' | 'hasHooks'>,
): Promise<void> {
  if (hasHooks) await handOver(engine, runId);
}

/** @returns false when it could not be done now */
async function handOver(engine: Hooker, runId: string): Promise<boolean> {
  try {
    const deliveries = await collectDeliveries(engine.db, runId);
    if (deliveries.length > 0) await engine.queue.publishWebhooks(deliveries);
    return true;
  } catch (error) {
    engine.log.warn('hookFailed', { runId, error: describeError(error) });
    return false;
  }
}

/** Finds events that were handed to nobody, and deliveries that nobody took up. */
export async function sweepHooks(engine: Hooker): Promise<void> {
  for (;;) {
    const runIds = await unhookedRuns(engine.db, BATCH);
    let isDone = true;
    for (const runId of runIds) isDone = (await handOver(engine, runId)) && isDone;
    // What cannot be done now would be found again at once; the next sweep tries it.
    if (runIds.length < BATCH || !isDone) break;
  }
  for (;;) {
    const due = await sweepDeliveries(engine.db, BATCH);
    if (due.length > 0) await engine.queue.publishWebhooks(due);
    if (due.length < BATCH) break;
  }
}
