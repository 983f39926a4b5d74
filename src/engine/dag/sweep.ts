import { type DueExecution, overdueRuns, sweepExecutions, unfollowedRuns } from '../../store/dag/sweep.ts';
import {
  cancelRunOfNode,
  type Follower,
  heed,
  proceed,
  stopExecution,
  suspendExecution,
  takeNewsOver,
  tellParent,
} from './follow-node.ts';

const BATCH = 50;
/** As many nodes as a DAG may have: behind a failure all of them may be to pass over. */
const MOST_NODES = 1_000;

/**
 * Finds what nobody did for executions of DAGs: news of runs that no node has taken over, nodes whose time is up, and
 * executions of which nobody has said anything for a while: they stop, or begin what can begin. Those of sub-agents heed the run that has
 * them, and tell it that they are over.
 */
export async function sweepDags(engine: Follower): Promise<void> {
  // First: whatever is told of an execution puts off the next look at it.
  const dueExecutions = await sweepExecutions(engine.db, BATCH);
  for (const runId of await overdueRuns(engine.db, BATCH)) await cancelRunOfNode(engine, runId);
  for (const runId of await unfollowedRuns(engine.db, BATCH)) await takeNewsOver(engine, runId);
  for (const due of dueExecutions) await lookAfter(engine, due);
}

async function lookAfter(
  engine: Follower,
  { executionId, parentRunId, isOver, stops, isPaused, readyNodes }: DueExecution,
): Promise<void> {
  if (isOver) {
    if (parentRunId !== null) await tellParent(engine, parentRunId, executionId);
  } else if (parentRunId !== null) await heed(engine, executionId);
  else if (stops) await stopExecution(engine, executionId);
  else if (isPaused) await suspendExecution(engine, executionId);
  else if (readyNodes > 0) await proceed(engine, executionId, MOST_NODES);
}
