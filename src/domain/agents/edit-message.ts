import { announce } from '../../engine/announce.ts';
import type { Message } from '../../store/message-reads.ts';
import { editQueued } from '../../store/runs/after-run.ts';
import { editMessage as editInbox } from '../../store/runs/change-message.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { deliveredMessage, getMessage, type MessageInput } from './get-message.ts';
import { agentKeepsChanging, LOOKS } from './looks.ts';

/**
 * Gives a message another text before the agent hears it. Repeating it changes nothing.
 *
 * @throws {AppError} notFound, messageDelivered, messageWithdrawn or unavailable
 */
export async function editMessage(
  context: Context,
  { text, ...which }: MessageInput & { text: string },
): Promise<Message> {
  const { agentId, messageId } = which;
  const { seq, deliver } = await getMessage(context, which);
  const { speech } = announce({ type: 'message.edited', data: { messageId, seq, text } });
  const edit = deliver === 'now' ? editInbox : editQueued;
  for (let look = 0; look < LOOKS; look++) {
    const changed = await edit(context.db, { agentId, messageId, text, speech });
    if (changed) await context.live.nudge(agentId, changed.runId, changed.eventSeq);
    const message = await getMessage(context, which);
    if (changed) return message;
    switch (message.state) {
      case 'queued':
        // Otherwise it moved on to the queue of the next run between the two looks.
        if (message.text === text) return message;
        break;
      case 'delivered':
        throw deliveredMessage();
      case 'withdrawn':
        throw new AppError('messageWithdrawn', 'The message was withdrawn. Send another one.');
    }
  }
  throw agentKeepsChanging();
}
