import { listSlots as readSlots, type Slot } from '../../store/firing.ts';
import type { WhichSchedule } from '../../store/schedules.ts';
import type { Context } from '../context.ts';
import { getSchedule } from './get-schedule.ts';

/**
 * A page of what became of a schedule's slots in the last 30 days, newest first. `next` is the slot that the next page goes on after.
 *
 * @throws {AppError} notFound
 */
export async function listSlots(
  context: Context,
  { limit, before, ...which }: WhichSchedule & { limit: number; before: string | null },
): Promise<{ items: Slot[]; next: string | null }> {
  await getSchedule(context, which);
  const { scheduleId } = which;
  const found = await readSlots(context.db, { scheduleId, limit, before });
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? (items.at(-1)?.slotAt ?? null) : null };
}
