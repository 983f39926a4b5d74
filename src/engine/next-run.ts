import type { Moved } from '../store/runs/move.ts';
import type { NextRun } from '../store/runs/next-run.ts';
import { announce, PAUSED } from './announce.ts';
import { dispatch } from './dispatch.ts';
import { ENGINE_VERSION, type Engine } from './engine.ts';

/** What every statement that may end a run is given, to start the one that is queued behind it. */
export const nextRun = ({ newId }: Pick<Engine, 'newId'>, runs = 1): NextRun => ({
  runIds: Array.from({ length: runs }, () => newId('run')),
  engineVersion: ENGINE_VERSION,
  queued: announce({ type: 'run.queued', data: { prompt: '' } }),
  paused: PAUSED(),
});

/**
 * Says that a run was started, to the agent's followers and to the queue. Its events are in Postgres, where a nudge sends who
 * follows. Best effort: the sweeper and the followers find what is lost here (E4, E12).
 */
export async function tellOfStarted(
  engine: Pick<Engine, 'live' | 'queue' | 'log'>,
  { agentId, started }: Pick<Moved, 'agentId' | 'started'>,
): Promise<void> {
  if (started === null) return;
  const { runId, status, traceId } = started;
  await Promise.all([
    engine.live.nudge(agentId, runId, status === 'paused' ? 2 : 1),
    dispatch(engine, { runId, traceId, status, dispatchNo: 1, sweepNo: 0, wakeInMs: null }),
  ]);
}
