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
  if (!hasHooks) return;
  try {
    const deliveries = await collectDeliveries(engine.db, runId);
    if (deliveries.length > 0) await engine.queue.publishWebhooks(deliveries);
  } catch (error) {
    engine.log.warn('hookFailed', { runId, error: describeError(error) });
  }
}

/** Finds events that were handed to nobody, and deliveries that nobody took up. */
export async function sweepHooks(engine: Hooker): Promise<void> {
  for (;;) {
    const runIds = await unhookedRuns(engine.db, BATCH);
    for (const runId of runIds) await hook(engine, { runId, hasHooks: true });
    if (runIds.length < BATCH) break;
  }
  for (;;) {
    const due = await sweepDeliveries(engine.db, BATCH);
    if (due.length > 0) await engine.queue.publishWebhooks(due);
    if (due.length < BATCH) break;
  }
}
