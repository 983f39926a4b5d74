import type { Dispatch } from '../queue/port.ts';
import { claimRun, refusedClaim } from '../store/runs/claim.ts';
import type { Moved } from '../store/runs/move.ts';
import type { RunStatus } from '../store/states.ts';
import { announce, BUDGET_SPEECH, CANCELLED, HELD_BACK, PAUSED, POISONED } from './announce.ts';
import { isAnswered } from './decide.ts';
import { admit, dispatch } from './dispatch.ts';
import type { Engine } from './engine.ts';
import { finishAnswered } from './finish-answered.ts';
import { LeaseLost } from './heartbeat.ts';
import { nextRun, tellOfStarted } from './next-run.ts';
import { isUnanswered, waitAgain } from './question.ts';
import { firstSteps } from './step-cost.ts';
import { logStep } from './step-log.ts';
import { takeStep } from './take-step.ts';
import { tellOthers } from './tell-others.ts';
import { openWork, type Work } from './work.ts';

/**
 * What a delivery came to; each has one answer on the wire (E7). `accepted`: it moved the run. `stale`: another dispatch or
 * nobody has the run now. `busy`: its worker or its timer still has time left.
 */
export type Outcome =
  | { kind: 'accepted'; status: RunStatus; steps: number }
  | { kind: 'stale' }
  | { kind: 'busy'; retryAfterSeconds: number };

/**
 * Takes a run forward: claims it, takes steps until it waits, ends, or this delivery has done its share, and hands it over.
 * Repeating a delivery is harmless at every point: the claim lets one in, the epoch keeps the others from writing.
 */
export async function advance(engine: Engine, hint: Dispatch): Promise<Outcome> {
  const claimed = await claimRun(engine.db, {
    ...hint,
    operationId: crypto.randomUUID(),
    leaseMs: engine.settings.leaseMs,
    budget: {
      dailyLimitMicroUsd: engine.settings.dailyLimitMicroUsd,
      speech: BUDGET_SPEECH,
      firstSteps: firstSteps(engine.catalogue),
    },
    concurrentRuns: engine.settings.concurrentRuns,
    outcomes: {
      running: announce({ type: 'run.started', data: {} }),
      queued: HELD_BACK(),
      paused: PAUSED(),
      cancelled: CANCELLED(),
      failed: POISONED(),
    },
    nextRun: nextRun(engine),
  });
  if (!claimed) return whyNot(engine, hint);
  const { runId, traceId } = claimed;
  const traced = { ...engine, log: engine.log.with({ traceId, runId }) };
  if (claimed.status !== 'running') {
    await Promise.all([
      engine.live.publish(claimed.agentId, claimed.runId, claimed.events),
      tellOthers(traced, claimed),
      admit(traced, claimed),
    ]);
    await tellOfStarted(traced, claimed);
    return { kind: 'accepted', status: claimed.status, steps: 0 };
  }
  return workOn(traced, claimed);
}

async function workOn(engine: Engine, claimed: Moved): Promise<Outcome> {
  const { stepsPerCallback, burstMs } = engine.settings;
  const startedAt = engine.now();
  let work: Work | undefined;
  try {
    const taken = await openWork(engine, claimed);
    work = taken;
    for (let steps = 1; ; steps++) {
      const isLast = () => steps >= stepsPerCallback || engine.now() - startedAt >= burstMs;
      const moved = await logStep(engine, taken, () => goOn(engine, taken, isLast));
      if (moved.status === 'running') continue;
      await Promise.all([dispatch(engine, moved), tellOfStarted(engine, moved)]);
      return { kind: 'accepted', status: moved.status, steps };
    }
  } catch (error) {
    if (error instanceof LeaseLost) return { kind: 'stale' };
    throw error;
  } finally {
    work?.heartbeat.stop();
    await work?.publishing;
  }
}

/** Takes a step, unless there is nothing to ask the model: its last word has been said, or its user's is still missing. */
function goOn(engine: Engine, work: Work, isLast: () => boolean): Promise<Moved> {
  if (isUnanswered(work)) return waitAgain(engine, work);
  // Who plans is not done with words.
  return isAnswered(work.run) && work.context.planning === null
    ? finishAnswered(engine, work)
    : takeStep(engine, work, isLast);
}

async function whyNot(engine: Engine, hint: Dispatch): Promise<Outcome> {
  const refusal = await refusedClaim(engine.db, hint.runId, hint.dispatchNo);
  switch (refusal.kind) {
    case 'stale':
      return { kind: 'stale' };
    case 'busy':
      return { kind: 'busy', retryAfterSeconds: Math.ceil(refusal.leftMs / 1000) + 1 };
  }
}
