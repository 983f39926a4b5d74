import { DISPATCH_GRACE_MS } from '../store/runs/move.ts';
import { makeDue, nextSweep, type Swept, sweepRuns } from '../store/runs/sweep.ts';
import { APPROVALS_EXPIRED, CANCELLED, PAUSED, POISON, POISONED } from './announce.ts';
import { sweepDags } from './dag/sweep.ts';
import { admit, dispatch } from './dispatch.ts';
import type { Engine } from './engine.ts';
import { sweepHooks } from './hook.ts';
import { nextRun, tellOfStarted } from './next-run.ts';

type Sweeper = Pick<Engine, 'db' | 'live' | 'queue' | 'log' | 'now' | 'newId'>;

const BATCH = 50;
const LONGEST_NAP_MS = 3_600_000;

/**
 * Finds runs that nobody took up (a lost publish, a dead worker, a timer nobody rang) and dispatches them anew (E4, E5),
 * hands to webhooks and to DAGs what
 * they were not told, and notes when the next look is due.
 *
 * @returns how many runs it found
 */
export async function sweep(engine: Sweeper): Promise<number> {
  const note = await engine.live.beginSweep();
  let found = 0;
  for (;;) {
    const swept = await sweepRuns(engine.db, {
      error: POISON,
      outcomes: {
        paused: [PAUSED()],
        cancelled: [CANCELLED()],
        failed: [POISONED()],
        approvalExpired: [APPROVALS_EXPIRED()],
      },
      nextRun: nextRun(engine, BATCH),
    });
    found += swept.length;
    // Side by side: a queue that hangs must not keep the last of them waiting for the first.
    await Promise.all(
      swept.flatMap((run) => [
        run.status === 'queued' || run.status === 'waiting'
          ? dispatchAgain(engine, run)
          : tellOfEnd(engine, run),
        admit(engine, run),
      ]),
    );
    if (swept.length < BATCH) break;
  }
  let { inMs, hasHooks, hasDags } = await nextSweep(engine.db);
  if (hasDags) await sweepDags(engine);
  if (hasHooks) await sweepHooks(engine);
  if (hasDags || hasHooks) ({ inMs } = await nextSweep(engine.db));
  await engine.live.endSweep(note, engine.now() + Math.min(inMs ?? LONGEST_NAP_MS, LONGEST_NAP_MS));
  if (found > 0) engine.log.info('swept', { found });
  return found;
}

async function tellOfEnd(engine: Sweeper, run: Swept): Promise<void> {
  await engine.live.nudge(run.agentId, run.runId, run.eventSeq);
  await tellOfStarted(engine, run);
}

/** The backoff of a sweep is for copies that are under way: a run of which the queue took none is due again soon. */
async function dispatchAgain(engine: Pick<Engine, 'db' | 'queue' | 'log'>, run: Swept): Promise<void> {
  const wakeInMs = run.status === 'waiting' ? 0 : null;
  if (await dispatch(engine, { ...run, wakeInMs })) return;
  await makeDue(engine.db, { ...run, inMs: DISPATCH_GRACE_MS });
}
