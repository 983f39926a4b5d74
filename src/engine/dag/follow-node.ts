import { describeError } from '../../log.ts';
import { settleExecution } from '../../store/dag/control.ts';
import { followRunOfNode } from '../../store/dag/follow-run.ts';
import { forgetJoined, heedParent } from '../../store/dag/parent.ts';
import type { Turned } from '../../store/dag/turn.ts';
import { joinChildren } from '../../store/runs/children.ts';
import { cancelRun, pauseRun } from '../../store/runs/control.ts';
import type { Moved } from '../../store/runs/move.ts';
import { CANCELLED, PAUSED, RESUMED } from '../announce.ts';
import { admit, dispatch } from '../dispatch.ts';
import type { Engine } from '../engine.ts';
import { hook } from '../hook.ts';
import { resume } from '../resume.ts';
import { type Beginner, beginNodes } from './begin-nodes.ts';
import { DAG_SPEECH } from './speech.ts';

export type Follower = Beginner & Pick<Engine, 'now'>;

/** Takes a run's news over into the execution of the DAG whose node it is an attempt of, if it is one. */
export async function followNode(
  engine: Follower,
  { runId, dagExecutionId }: { runId: string; dagExecutionId: string | null },
): Promise<void> {
  if (dagExecutionId !== null) await takeNewsOver(engine, runId);
}

/**
 * Brings the node up to date whose attempt a run is, and lets its execution go on. Best effort: what is lost here, also by
 * a worker that dies in its middle, the sweeper finds (E4).
 */
export async function takeNewsOver(engine: Follower, runId: string): Promise<void> {
  try {
    const turned = await followRunOfNode(engine.db, { runId, speech: DAG_SPEECH });
    if (!turned) return;
    const { executionId, eventSeq, readyNodes, freeSlots } = turned;
    await engine.live.nudge(executionId, executionId, eventSeq);
    await tellParentOfEnd(engine, turned);
    if (turned.stops) await stopExecution(engine, executionId);
    // Whatever makes a node ready frees a slot.
    else if (readyNodes > 0 && freeSlots > 0) await proceed(engine, executionId);
  } catch (error) {
    engine.log.warn('dagFollowFailed', { runId, error: describeError(error) });
  }
}

/** Begins what can begin. A node that cannot may be one whose failure ends the execution. */
export async function proceed(engine: Follower, executionId: string, most?: number): Promise<void> {
  const last = await beginNodes(engine, executionId, most);
  if (last) await tellParentOfEnd(engine, last);
  if (last?.stops) await stopExecution(engine, executionId);
}

/**
 * Cancels what an execution that is to stop has not begun, and each run that is under way. However often it is done, and wherever
 * it breaks off, the end is the same.
 */
export async function stopExecution(engine: Follower, executionId: string): Promise<void> {
  const settled = await settleExecution(engine.db, executionId, DAG_SPEECH);
  if (!settled) return;
  await engine.live.nudge(executionId, executionId, settled.eventSeq);
  await tellParentOfEnd(engine, settled);
  await Promise.all(settled.runIds.map((runId) => cancelRunOfNode(engine, runId)));
}

/** Pauses each run of an execution that is paused: it is suspended when none of them is at work any more. */
export async function suspendExecution(engine: Follower, executionId: string): Promise<void> {
  const settled = await settleExecution(engine.db, executionId, DAG_SPEECH);
  if (!settled) return;
  await engine.live.nudge(executionId, executionId, settled.eventSeq);
  await Promise.all(settled.runIds.map((runId) => pauseRunOfNode(engine, runId)));
}

/**
 * Lets the sub-agents of a run go the way of that run, whatever it is: they begin or go on, are paused or cancelled. However often it is
 * done, and wherever it breaks off, the end is the same.
 */
export async function heed(engine: Follower, executionId: string): Promise<void> {
  const heeded = await heedParent(engine.db, executionId);
  switch (heeded?.wish) {
    case undefined:
      return;
    case 'stop':
      return stopExecution(engine, executionId);
    case 'pause':
      return suspendExecution(engine, executionId);
    case 'goOn':
      if (heeded?.isPaused) await takeUpExecution(engine, executionId);
      return proceed(engine, executionId);
  }
}

/** Lets the paused runs of an execution of sub-agents go on, and then whatever has not begun. */
async function takeUpExecution(engine: Follower, executionId: string): Promise<void> {
  const settled = await settleExecution(engine.db, executionId, DAG_SPEECH);
  await Promise.all((settled?.runIds ?? []).map((runId) => resumeRunOfNode(engine, runId)));
  await heedParent(engine.db, executionId, { resumed: true });
}

/** The same, told by a run that has just moved, if it has sub-agents that have not ended. Best effort, as above. */
export async function tellChildren(
  engine: Follower,
  { runId, childExecutionId }: Pick<Moved, 'runId' | 'childExecutionId'>,
): Promise<void> {
  if (childExecutionId === null) return;
  try {
    await engine.live.wakeSweeper();
    await heed(engine, childExecutionId);
  } catch (error) {
    engine.log.warn('dagFollowFailed', { runId, error: describeError(error) });
  }
}

const OVER: readonly string[] = ['completed', 'failed', 'cancelled'];

/** Whoever sees the end of sub-agents tells the run that has them. */
async function tellParentOfEnd(
  engine: Follower,
  { executionId, parentRunId, status }: Pick<Turned, 'executionId' | 'parentRunId' | 'status'>,
): Promise<void> {
  if (parentRunId !== null && OVER.includes(status)) await tellParent(engine, parentRunId, executionId);
}

/** Lets a run go on whose sub-agents have all ended. What is lost here the sweeper finds. */
export async function tellParent(engine: Follower, runId: string, executionId: string): Promise<void> {
  const operationId = crypto.randomUUID();
  const moved = await joinChildren(engine.db, { runId, executionId, operationId, event: RESUMED() });
  if (moved) await Promise.all([dispatch(engine, moved), tell(engine, moved)]);
  else await forgetJoined(engine.db, executionId);
}

async function resumeRunOfNode(engine: Follower, runId: string): Promise<void> {
  const moved = await resume(engine, runId);
  if (moved) await Promise.all([dispatch(engine, moved), tell(engine, moved)]);
}

async function pauseRunOfNode(engine: Follower, runId: string): Promise<void> {
  const moved = await pauseRun(engine.db, { runId, operationId: crypto.randomUUID(), event: PAUSED() });
  if (moved) await tell(engine, moved);
}

/** Cancels a run as its user would, and takes the news over. */
export async function cancelRunOfNode(engine: Follower, runId: string): Promise<void> {
  const moved = await cancelRun(engine.db, { runId, operationId: crypto.randomUUID(), event: CANCELLED() });
  if (moved) await Promise.all([tell(engine, moved), engine.live.requestCancel(runId)]);
}

async function tell(engine: Follower, moved: Moved): Promise<void> {
  await Promise.all([
    engine.live.publish(moved.agentId, moved.runId, moved.events),
    hook(engine, moved),
    admit(engine, moved),
    followNode(engine, moved),
    tellChildren(engine, moved),
  ]);
}
