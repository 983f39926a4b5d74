import { describeError } from '../log.ts';
import { renewLease } from '../store/runs/end-attempt.ts';
import type { Engine } from './engine.ts';

/** The run has another worker, or none: nothing this one writes would be accepted (E2). */
export class LeaseLost extends Error {
  constructor() {
    super('The lease of this worker was lost.');
    this.name = 'LeaseLost';
  }
}

/** The user asked the run to stop. */
export class CancelRequested extends Error {
  constructor() {
    super('The run was cancelled.');
    this.name = 'CancelRequested';
  }
}

export interface Heartbeat {
  /** Aborts when the lease is lost. Effects run under it: a cancel lets what is in flight end and be recorded. */
  lease: AbortSignal;
  /** Aborts also when a cancel is requested. Model calls run under it. */
  run: AbortSignal;
  /** Tells the worker of a cancel that it learnt of elsewhere. */
  cancel(): void;
  stop(): void;
}

/** Keeps the lease while a worker is at a run, and brings back the flags (E10). */
export function startHeartbeat(engine: Engine, worker: { runId: string; epoch: number }): Heartbeat {
  const lease = new AbortController();
  const run = new AbortController();
  const { leaseMs, heartbeatMs } = engine.settings;
  let renewedAt = engine.now();

  const lose = () => {
    stop();
    const reason = new LeaseLost();
    lease.abort(reason);
    run.abort(reason);
  };
  const beat = async () => {
    const askedAt = engine.now();
    try {
      const flags = await renewLease(engine.db, { ...worker, leaseMs });
      if (flags === null) return lose();
      renewedAt = askedAt;
      if (flags.cancelRequested) run.abort(new CancelRequested());
    } catch (error) {
      engine.log.warn('heartbeatFailed', { runId: worker.runId, error: describeError(error) });
      if (engine.now() - renewedAt >= leaseMs) lose();
    }
  };
  const timer = setInterval(() => void beat(), heartbeatMs);
  const stop = () => clearInterval(timer);
  return { lease: lease.signal, run: run.signal, cancel: () => run.abort(new CancelRequested()), stop };
}
