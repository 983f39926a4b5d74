import type { Moved } from '../store/runs/move.ts';
import { type Follower, followNode, tellChildren } from './dag/follow-node.ts';
import { hook } from './hook.ts';

/** Tells a run's news to who is not its follower: webhooks, the DAG or the run that it works for, and its own sub-agents. Best effort; the sweeper finds what is lost (E4). */
export async function tellOthers(
  engine: Follower,
  moved: Pick<Moved, 'runId' | 'hasHooks' | 'dagExecutionId' | 'childExecutionId'>,
): Promise<void> {
  await Promise.all([hook(engine, moved), followNode(engine, moved), tellChildren(engine, moved)]);
}
