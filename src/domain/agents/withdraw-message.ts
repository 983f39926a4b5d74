import { announce } from '../../engine/announce.ts';
import { withdrawMessage as takeBack } from '../../store/runs/change-message.ts';
import type { Context } from '../context.ts';
import { deliveredMessage, getMessage, type MessageInput } from './get-message.ts';

/**
 * Takes a message back before the agent hears it. Repeating it changes nothing.
 *
 * @throws {AppError} notFound or messageDelivered
 */
export async function withdrawMessage(context: Context, which: MessageInput): Promise<void> {
  const { agentId, messageId } = which;
  const { seq } = await getMessage(context, which);
  const { speech } = announce({ type: 'message.withdrawn', data: { messageId, seq } });
  const changed = await takeBack(context.db, { agentId, messageId, speech });
  if (changed) return context.live.nudge(agentId, changed.runId, changed.eventSeq);
  const { state } = await getMessage(context, which);
  if (state === 'delivered') throw deliveredMessage();
}
