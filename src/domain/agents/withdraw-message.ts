import { announce } from '../../engine/announce.ts';
import { withdrawQueued } from '../../store/runs/after-run.ts';
import { withdrawMessage as withdrawFromInbox } from '../../store/runs/change-message.ts';
import type { Context } from '../context.ts';
import { deliveredMessage, getMessage, type MessageInput } from './get-message.ts';
import { agentKeepsChanging, LOOKS } from './looks.ts';

/**
 * Takes a message back before the agent hears it. Repeating it changes nothing.
 *
 * @throws {AppError} notFound, messageDelivered or unavailable
 */
export async function withdrawMessage(context: Context, which: MessageInput): Promise<void> {
  const { agentId, messageId } = which;
  const { seq, deliver } = await getMessage(context, which);
  const { speech } = announce({ type: 'message.withdrawn', data: { messageId, seq } });
  const withdraw = deliver === 'now' ? withdrawFromInbox : withdrawQueued;
  for (let look = 0; look < LOOKS; look++) {
    const changed = await withdraw(context.db, { agentId, messageId, speech });
    if (changed) return context.live.nudge(agentId, changed.runId, changed.eventSeq);
    const { state } = await getMessage(context, which);
    switch (state) {
      case 'withdrawn':
        return;
      case 'delivered':
        throw deliveredMessage();
      case 'queued':
        // It moved on to the queue of the next run between the two looks.
        break;
    }
  }
  throw agentKeepsChanging();
}
