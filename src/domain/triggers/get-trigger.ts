import { findTrigger, type Trigger } from '../../store/triggers.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

/** @throws {AppError} notFound, for another organisation's trigger too */
export async function getTrigger(
  { db }: Context,
  { organisationId, triggerId }: { organisationId: string; triggerId: string },
): Promise<Trigger> {
  const trigger = await findTrigger(db, organisationId, triggerId);
  if (trigger === null) throw new AppError('notFound', 'There is no such trigger.');
  return trigger;
}
