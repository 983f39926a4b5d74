import type { Goal, WhichGoal } from '../../store/goals.ts';
import { listSchedules } from '../../store/schedules.ts';
import type { Context } from '../context.ts';
import { AppError, type FieldError } from '../errors.ts';
import { fillPrompt } from './fill-prompt.ts';

/**
 * Looks whether the schedules of a goal that fire can still fill in its prompt, before it is changed. A paused one is looked at when it is to go on; one
 * that is made at this very moment pauses itself when it comes due.
 *
 * @throws {AppError} scheduleUnfit naming each schedule and value
 */
export async function checkSchedules(
  { db }: Pick<Context, 'db'>,
  which: WhichGoal,
  template: Pick<Goal, 'prompt' | 'parameters'>,
): Promise<void> {
  const firing = (await listSchedules(db, which)).filter(({ status }) => status === 'active');
  const errors = firing.flatMap(({ id, parameters }) => problemsOf(template, parameters, `schedules.${id}`));
  if (errors.length === 0) return;
  const ids = [...new Set(errors.map(({ field }) => field.split('.')[1]))].join(', ');
  const message = `The values of ${ids} do not fit any more: change or pause them first.`;
  throw new AppError('scheduleUnfit', message, { errors });
}

function problemsOf(
  template: Pick<Goal, 'prompt' | 'parameters'>,
  values: Parameters<typeof fillPrompt>[1],
  schedule: string,
): FieldError[] {
  try {
    fillPrompt(template, values, `${schedule}.parameters`);
    return [];
  } catch (error) {
    if (error instanceof AppError && error.code === 'validationFailed') return [...error.errors];
    throw error;
  }
}
