import { nextSlot, slotsAfter } from '../../cron/slots.ts';
import type { Firing, SlotNote } from '../../store/firing.ts';
import { jitterMs, type Times } from './times.ts';

/** A slot that is fired later than this was found by somebody after its time. */
const LATE_MS = 300_000;
/** Missed slots are put down one by one up to so many; those before them stand in one row. */
const MOST_MISSED = 100;
/** A schedule of every minute that nobody fired for two months has more than anybody wants counted. */
const MOST_COUNTED = 100_000;

/** What is due of a schedule: one slot to fire, those before it that nobody will, and how it goes on. */
export interface Due {
  slotAt: number;
  isLate: boolean;
  missed: SlotNote[];
  next: { slotAt: number; fireAt: number } | null;
}

/**
 * Which slot is to be fired. Of several that have come due, after an outage, it is the last: what they wanted done is done once.
 *
 * @param slotAt the schedule's slot, which is due
 */
export function dueSlots(
  { cron, zone }: Times,
  schedule: Pick<Firing, 'id' | 'jitterSeconds' | 'now'>,
  slotAt: number,
): Due {
  const { now } = schedule;
  const fireAt = (slot: number) => slot + jitterMs(schedule, slot);
  const due = [slotAt];
  for (const slot of slotsAfter(cron, zone, slotAt)) {
    if (fireAt(slot) > now || due.length === MOST_COUNTED) break;
    due.push(slot);
  }
  const fired = due.at(-1) ?? slotAt;
  // Behind what was counted, what has passed is passed over.
  const next = nextSlot(cron, zone, due.length === MOST_COUNTED ? Math.max(fired, now) : fired);
  return {
    slotAt: fired,
    isLate: now - fireAt(fired) > LATE_MS,
    missed: missedNotes(due.slice(0, -1)),
    next: next === null ? null : { slotAt: next, fireAt: fireAt(next) },
  };
}

function missedNotes(slots: readonly number[]): SlotNote[] {
  const folded = Math.max(0, slots.length - MOST_MISSED);
  return slots.slice(folded).map((slotAt, at) => ({
    slotAt,
    outcome: 'missed',
    isLate: true,
    reason: null,
    busyRunId: null,
    count: at === 0 ? folded + 1 : 1,
  }));
}
