import { deleteSchedule, type WhichSchedule } from '../../store/schedules.ts';
import type { Context } from '../context.ts';
import { unknownSchedule } from './get-schedule.ts';

/**
 * Removes a schedule; runs that it started go on. When the queue cannot be told now, it is as soon as it says that the schedule is due.
 *
 * @throws {AppError} notFound
 */
export async function removeSchedule(context: Context, which: WhichSchedule): Promise<void> {
  if (!(await deleteSchedule(context.db, which))) throw unknownSchedule();
  await context.queue.removeSchedule(which.scheduleId);
}
