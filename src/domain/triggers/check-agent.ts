import type { TriggerAgent } from '../../store/triggers.ts';
import { checkKeys } from '../agents/check-key.ts';
import { checkFallbacks, checkPolicies, chooseModel, chooseTools } from '../agents/choices.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

/**
 * @param userId who made the trigger, whose keys its agents use
 * @throws {AppError} validationFailed naming what no agent could have, below `body.agent`
 */
export async function checkAgent(context: Context, userId: string, agent: TriggerAgent): Promise<void> {
  try {
    const { provider } = chooseModel(context, agent);
    checkFallbacks(context, agent.fallbacks ?? []);
    checkPolicies(agent.policies ?? {});
    chooseTools(agent.tools, true);
    await checkKeys(context, { userId }, { provider, fallbacks: agent.fallbacks });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'validationFailed') throw error;
    const errors = error.errors.map(({ field, message }) => ({
      field: field.replace(/^body\./, 'body.agent.'),
      message,
    }));
    throw new AppError('validationFailed', `Not valid: ${errors.map(({ field }) => field).join(', ')}.`, {
      errors,
    });
  }
}
