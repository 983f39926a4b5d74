import { announce } from '../../engine/announce.ts';
import type { Message } from '../../store/message-reads.ts';
import { editMessage as changeText } from '../../store/runs/change-message.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { deliveredMessage, getMessage, type MessageInput } from './get-message.ts';

/**
 * Gives a message another text before the agent hears it. Repeating it changes nothing.
 *
 * @throws {AppError} notFound, messageDelivered or messageWithdrawn
 */
export async function editMessage(
  context: Context,
  { text, ...which }: MessageInput & { text: string },
): Promise<Message> {
  const { agentId, messageId } = which;
  const { seq } = await getMessage(context, which);
  const { speech } = announce({ type: 'message.edited', data: { messageId, seq, text } });
  const changed = await changeText(context.db, { agentId, messageId, text, speech });
  if (changed) await context.live.nudge(agentId, changed.runId, changed.eventSeq);
  const message = await getMessage(context, which);
  if (changed) return message;
  switch (message.state) {
    case 'queued':
      return message;
    case 'delivered':
      throw deliveredMessage();
    case 'withdrawn':
      throw new AppError('messageWithdrawn', 'The message was withdrawn. Send another one.');
  }
}
