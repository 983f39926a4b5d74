import { findSchedule, type Schedule, type WhichSchedule } from '../../store/schedules.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { nextFireTimes } from './times.ts';

/** A schedule with the times at which it is fired next. */
export type ShownSchedule = Schedule & { nextFireTimes: string[] };

const SHOWN_TIMES = 5;

/** @throws {AppError} notFound, for another organisation's too */
export async function getSchedule({ db }: Context, which: WhichSchedule): Promise<ShownSchedule> {
  const schedule = await findSchedule(db, which);
  if (schedule === null) throw unknownSchedule();
  return showSchedule(schedule);
}

export const unknownSchedule = () => new AppError('notFound', 'There is no such schedule.');

export const showSchedule = (schedule: Schedule): ShownSchedule => ({
  ...schedule,
  nextFireTimes:
    schedule.nextSlotAt === null ? [] : nextFireTimes(schedule, Date.parse(schedule.nextSlotAt), SHOWN_TIMES),
});
