import { endSessionsOf } from '../../store/sessions.ts';
import type { Actor } from '../actor.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { recheckStreams } from './recheck-streams.ts';

/**
 * Ends one of somebody's sessions, and the streams that were opened with it.
 *
 * @throws {AppError} notFound
 */
export async function endSession(context: Context, { userId }: Actor, sessionId: string): Promise<void> {
  const ended = await endSessionsOf(context.db, userId, { only: sessionId });
  if (ended === 0) throw new AppError('notFound', 'There is no such session.');
  await recheckStreams(context, { userId });
}

/** Ends all of somebody's sessions, or all but the one they ask with. */
export async function endSessions(
  context: Context,
  { userId, credential }: Actor,
  { keepCurrent }: { keepCurrent: boolean },
): Promise<void> {
  const except = keepCurrent && credential.kind === 'session' ? credential.sessionId : null;
  await endSessionsOf(context.db, userId, { except });
  await recheckStreams(context, { userId });
}
