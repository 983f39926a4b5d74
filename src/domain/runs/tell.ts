import { admit, dispatch } from '../../engine/dispatch.ts';
import { tellOfStarted } from '../../engine/next-run.ts';
import { tellOthers } from '../../engine/tell-others.ts';
import type { Moved } from '../../store/runs/move.ts';
import type { Context } from '../context.ts';

type Tellers = Pick<Context, 'live' | 'engine'>;

/**
 * Says that a run moved: to its followers and, when it can go on, to the queue. Best effort and all at once; what is lost
 * here the sweeper and the followers find (E4, E12).
 */
export async function tellOfMove({ live, engine }: Tellers, moved: Moved): Promise<void> {
  await Promise.all([
    live.publish(moved.agentId, moved.runId, moved.events),
    tellOthers(engine, moved),
    admit(engine, moved),
    ...(moved.status === 'queued' ? [live.wakeSweeper(), dispatch(engine, moved)] : []),
  ]);
}

/** Says that a run was created. Its first event is in Postgres, where a nudge sends whoever follows the agent. */
export async function tellOfStart(
  { live, engine }: Tellers,
  { agentId, runId, traceId }: { agentId: string; runId: string; traceId: string | null },
): Promise<void> {
  const started = { runId, traceId, status: 'queued' } as const;
  await Promise.all([live.wakeSweeper(), tellOfStarted(engine, { agentId, started })]);
}
