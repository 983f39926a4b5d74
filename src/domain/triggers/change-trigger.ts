import { type Trigger, type TriggerSettings, updateTrigger } from '../../store/triggers.ts';
import type { Context } from '../context.ts';
import { checkAgent } from './check-agent.ts';
import { getTrigger } from './get-trigger.ts';

/**
 * Changes on what agents start, who may start them, and what they get. Agents that are there keep what they have.
 *
 * @throws {AppError} notFound or validationFailed
 */
export async function changeTrigger(
  context: Context,
  {
    organisationId,
    triggerId,
    changes,
  }: { organisationId: string; triggerId: string; changes: Partial<TriggerSettings> },
): Promise<Trigger> {
  const trigger = await getTrigger(context, { organisationId, triggerId });
  if (changes.agent) await checkAgent(context, trigger.userId, changes.agent);
  await updateTrigger(context.db, organisationId, triggerId, { ...trigger, ...changes });
  return getTrigger(context, { organisationId, triggerId });
}
