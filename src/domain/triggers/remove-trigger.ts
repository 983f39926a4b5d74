import { isGone } from '../../github/hooks.ts';
import { deleteTrigger, isHookShared, type Trigger } from '../../store/triggers.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { asGithubUser } from '../github-access.ts';
import { getTrigger } from './get-trigger.ts';

/**
 * Removes a trigger and the webhook that it made, unless another one needs that too. Agents that it started go on.
 *
 * @throws {AppError} notFound or githubUnavailable; nothing is removed then
 */
export async function removeTrigger(
  context: Context,
  input: { organisationId: string; triggerId: string },
): Promise<void> {
  const trigger = await getTrigger(context, input);
  if (trigger.hookId !== null && !(await isHookShared(context.db, trigger))) {
    await removeHook(context, trigger, trigger.hookId);
  }
  await deleteTrigger(context.db, input.organisationId, input.triggerId);
}

/** What GitHub does not let us remove any more calls in vain: nothing listens to it. */
async function removeHook(context: Context, { userId, repository }: Trigger, hookId: number): Promise<void> {
  try {
    await asGithubUser(context, userId, (github) =>
      github.deleteHook(repository, hookId).catch((error: unknown) => {
        if (!isGone(error)) throw error;
      }),
    );
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'githubAccessLost') throw error;
  }
}
