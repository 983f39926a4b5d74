import { announce, CANCELLED } from '../../engine/announce.ts';
import { type Firing, passSlot, readFiring, type SlotNote, slotAlong } from '../../store/firing.ts';
import type { PausedReason } from '../../store/goal-types.ts';
import { queueMessage } from '../../store/runs/after-run.ts';
import { cancelRun } from '../../store/runs/control.ts';
import { startRun } from '../../store/runs/start.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { fillPrompt } from '../goals/fill-prompt.ts';
import { ofGoal } from '../goals/run-goal.ts';
import { newRun } from '../runs/new-run.ts';
import { tellOfMove, tellOfStart } from '../runs/tell.ts';
import { type Due, dueSlots } from './due-slots.ts';
import { settleSchedule } from './settle-schedule.ts';
import { readTimes } from './times.ts';

/**
 * What came of saying that a schedule is due: its slot is fired, or the schedule paused itself instead; there is nothing due, or not yet;
 * or its agent is at a run that is being cancelled.
 */
export type Fired =
  | { kind: 'started' | 'queued'; slotAt: number }
  | { kind: 'skipped'; slotAt: number }
  | { kind: 'paused'; reason: PausedReason }
  | { kind: 'stale' }
  | { kind: 'early'; slotAt: number; now: number; inMs: number }
  | { kind: 'busy' };

const LOOKS = 5;

/**
 * Fires the slot of a schedule if it is due, once however often it is said. Who says so has nothing to decide: the slot is the
 * schedule's own.
 */
export async function fireSchedule(context: Context, scheduleId: string): Promise<Fired> {
  const cancelled = new Set<string>();
  for (let look = 0; look < LOOKS; look++) {
    const firing = await readFiring(context.db, scheduleId);
    if (firing === null || firing.nextSlotAt === null || firing.nextFireAt === null) {
      return { kind: 'stale' };
    }
    const { nextSlotAt, nextFireAt, now } = firing;
    if (nextFireAt > now) {
      return { kind: 'early', slotAt: nextSlotAt, now, inMs: nextFireAt - now };
    }
    const fired = await fire(context, firing, dueSlots(readTimes(firing), firing, nextSlotAt), cancelled);
    if (fired) return fired;
  }
  return { kind: 'busy' };
}

/** @returns null when somebody else moved the schedule or its agent meanwhile: look again */
async function fire(
  context: Context,
  firing: Firing,
  due: Due,
  cancelled: Set<string>,
): Promise<Fired | null> {
  const prompt = promptOf(firing);
  const reason = prompt === null ? 'parametersInvalid' : whyPause(firing);
  if (prompt === null || reason !== null || due.next === null) {
    return pause(context, firing, due, reason ?? 'parametersInvalid');
  }
  const { busy } = firing;
  if (busy === null) return start(context, firing, due, prompt);
  switch (firing.overlap) {
    case 'skip':
      return skip(context, firing, due, { reason: 'agentBusy', busyRunId: busy.runId });
    case 'cancelPrevious':
      if (busy.goalId === firing.goal.id) return cancel(context, busy.runId, cancelled);
      break;
    case 'queue':
      break;
  }
  return busy.isQueueFull
    ? skip(context, firing, due, { reason: 'queueFull', busyRunId: busy.runId })
    : queue(context, firing, due, prompt);
}

/** Null when the goal's parameters have changed so that the schedule's do not fit. */
function promptOf({ goal, parameters }: Firing): string | null {
  try {
    return fillPrompt(goal, parameters, 'parameters');
  } catch (error) {
    if (error instanceof AppError && error.code === 'validationFailed') return null;
    throw error;
  }
}

function whyPause({
  areMembers,
  isAgentArchived,
  failures,
  pauseAfterFailures,
}: Firing): PausedReason | null {
  if (!areMembers) return 'makerLeft';
  if (isAgentArchived) return 'agentArchived';
  return pauseAfterFailures !== null && failures >= pauseAfterFailures ? 'failures' : null;
}

type How = Pick<SlotNote, 'outcome' | 'reason' | 'busyRunId'>;

/** How the schedule goes on from what is due. */
function moveOf(firing: Firing, due: Due, how: How, pausedReason: PausedReason | null = null) {
  const note: SlotNote = { ...how, slotAt: due.slotAt, isLate: due.isLate, count: 1 };
  const onward = pausedReason === null && due.next ? due.next : { pausedReason: pausedReason ?? 'byRequest' };
  return { schedule: firing, onward, notes: [...due.missed, note] };
}

const slotOf = ({ id }: Firing, { slotAt }: Due) => ({
  scheduleId: id,
  slotAt: new Date(slotAt).toISOString(),
});

async function start(context: Context, firing: Firing, due: Due, prompt: string): Promise<Fired | null> {
  const { goal } = firing;
  const run = { ...newRun(context, goal.agentId, prompt), goal: ofGoal(goal, slotOf(firing, due)) };
  const how: How = { outcome: 'started', reason: null, busyRunId: null };
  if (!(await startRun(context.db, run, slotAlong(moveOf(firing, due, how))))) return null;
  await tellOfStart(context, run);
  return { kind: 'started', slotAt: due.slotAt };
}

async function queue(context: Context, firing: Firing, due: Due, prompt: string): Promise<Fired | null> {
  const { goal, busy } = firing;
  const { agentId } = goal;
  const messageId = context.newId('message');
  const { speech } = announce({
    type: 'message.received',
    data: { messageId, deliver: 'afterRun', seq: null, text: prompt },
  });
  const traceId = context.origin?.traceId ?? null;
  const message = {
    agentId,
    messageId,
    text: prompt,
    speech,
    traceId,
    goal: ofGoal(goal, slotOf(firing, due)),
  };
  const how: How = { outcome: 'queued', reason: 'agentBusy', busyRunId: busy?.runId ?? null };
  const placed = await queueMessage(context.db, message, slotAlong(moveOf(firing, due, how)));
  if (placed === null) return null;
  await context.live.nudge(agentId, placed.runId, placed.eventSeq);
  return { kind: 'queued', slotAt: due.slotAt };
}

async function skip(
  { db }: Context,
  firing: Firing,
  due: Due,
  why: { reason: string; busyRunId: string },
): Promise<Fired | null> {
  const move = moveOf(firing, due, { outcome: 'skipped', ...why });
  return (await passSlot(db, move, why.busyRunId)) ? { kind: 'skipped', slotAt: due.slotAt } : null;
}

async function pause(
  context: Context,
  firing: Firing,
  due: Due,
  reason: PausedReason,
): Promise<Fired | null> {
  const move = moveOf(firing, due, { outcome: 'skipped', reason, busyRunId: null }, reason);
  if (!(await passSlot(context.db, move, null))) return null;
  context.log.info('schedulePaused', { scheduleId: firing.id, reason });
  await settleSchedule(context, firing.id);
  return { kind: 'paused', reason };
}

/** Once is enough: whoever works at it hears of it, and the slot is fired when that has come to its end. */
async function cancel(context: Context, runId: string, cancelled: Set<string>): Promise<Fired | null> {
  if (cancelled.has(runId)) return { kind: 'busy' };
  cancelled.add(runId);
  const moved = await cancelRun(context.db, {
    runId,
    operationId: crypto.randomUUID(),
    event: CANCELLED(),
  });
  if (moved) await Promise.all([tellOfMove(context, moved), context.live.requestCancel(runId)]);
  return null;
}
