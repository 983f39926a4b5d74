import { type Failure, findThread, inThread, type Thread } from '../../store/github-threads.ts';
import { sendMessage } from '../agents/send-message.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { type Incoming, ignored, type Outcome } from './outcome.ts';

/**
 * Says something to the agent of an open thread, once a delivery: one at work hears it at its next turn, an idle one starts on it.
 *
 * @throws {AppError} agentArchived, or unavailable when the agent keeps changing
 */
export async function sayInThread(
  context: Context,
  { trigger, delivery }: Incoming,
  { thread, text, failure }: { thread: Thread; text: string; failure?: Failure },
): Promise<Outcome> {
  const { organisationId, userId } = trigger;
  const { agentId } = thread;
  const along = inThread(delivery, { thread, failure });
  try {
    const said = { organisationId, userId, agentId, text, isUntrusted: true };
    await sendMessage(context, { ...said, deliver: 'now', along });
    return { kind: failure ? 'repaired' : 'continued' };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unavailable') throw error;
    // The thread itself may have refused it.
    const now = await findThread(context.db, trigger.id, thread.number);
    if (now?.agentId !== agentId || now.state === 'closed') return ignored('notOpen');
    if (failure && now.repairs !== thread.repairs) return ignored('nothingChanged');
    throw error;
  }
}
