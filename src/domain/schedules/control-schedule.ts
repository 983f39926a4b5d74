import type { WhichSchedule } from '../../store/schedules.ts';
import type { Context } from '../context.ts';
import { changeSchedule } from './change-schedule.ts';
import { getSchedule, type ShownSchedule } from './get-schedule.ts';

export const SCHEDULE_ACTIONS = ['pause', 'resume'] as const;
export type ScheduleAction = (typeof SCHEDULE_ACTIONS)[number];

const WANTED = { pause: 'paused', resume: 'active' } as const;

/**
 * Pauses a schedule, or lets it go on from its next slot with its failures forgotten. What is so already stays as it is.
 *
 * @throws {AppError} notFound, goalArchived, or validationFailed when its parameters do not fit its goal any more
 */
export async function controlSchedule(
  context: Context,
  which: WhichSchedule,
  action: ScheduleAction,
): Promise<ShownSchedule> {
  const schedule = await getSchedule(context, which);
  const status = WANTED[action];
  if (schedule.status === status) return schedule;
  return changeSchedule(context, which, { status });
}
