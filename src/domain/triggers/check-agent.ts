import type { TriggerAgent } from '../../store/triggers.ts';
import { checkPolicies, chooseModel, chooseTools } from '../agents/choices.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

/** @throws {AppError} validationFailed naming what no agent could have, below `body.agent` */
export function checkAgent(context: Context, agent: TriggerAgent): void {
  try {
    chooseModel(context, agent);
    checkPolicies(agent.policies ?? {});
    chooseTools(agent.tools, true);
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
