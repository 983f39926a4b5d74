import { readMessages, takeMessage as take } from '../../store/message-limit.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

/** How many messages a user may send in a day (UTC), and has. Nulls where there is no limit. */
export interface MessageLimit {
  limit: number | null;
  used: number;
  remaining: number | null;
  resetsAt: string;
}

export async function getMessageLimit({ db, settings }: Context, userId: string): Promise<MessageLimit> {
  const { dailyMessageLimit: limit } = settings;
  const { used, resetsAt } = await readMessages(db, userId);
  return { limit, used, remaining: limit === null ? null : Math.max(0, limit - used), resetsAt };
}

/**
 * Counts what a user says to an agent: a message, or the prompt of a new one.
 *
 * @throws {AppError} messageLimitReached
 */
export async function takeMessage(context: Context, userId: string): Promise<void> {
  const { db, settings, now } = context;
  const { dailyMessageLimit: limit } = settings;
  if (limit === null || (await take(db, userId, limit))) return;
  const { resetsAt } = await readMessages(db, userId);
  throw new AppError(
    'messageLimitReached',
    `You may say ${limit} things to agents in a day (UTC), and have.`,
    {
      retryAfterSeconds: Math.max(1, Math.ceil((Date.parse(resetsAt) - now().getTime()) / 1000)),
    },
  );
}
