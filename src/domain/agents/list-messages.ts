import type { Listed } from '../../store/bounded-page.ts';
import { type Message, type MessageQuery, listMessages as readMessages } from '../../store/message-reads.ts';
import type { Context } from '../context.ts';
import { getAgent } from './get-agent.ts';

/**
 * A page of the messages to an agent, newest first.
 *
 * @throws {AppError} notFound
 */
export async function listMessages(context: Context, query: MessageQuery): Promise<Listed<Message>> {
  await getAgent(context, query);
  return readMessages(context.db, query);
}
