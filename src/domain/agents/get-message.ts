import { findMessage, type Message } from '../../store/message-reads.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

export interface MessageInput {
  organisationId: string;
  agentId: string;
  messageId: string;
}

/** @throws {AppError} notFound, for another agent's message and another organisation's agent too */
export async function getMessage({ db }: Context, { messageId, ...owner }: MessageInput): Promise<Message> {
  const message = await findMessage(db, owner, messageId);
  if (message === null) throw new AppError('notFound', 'There is no such message.');
  return message;
}

export const deliveredMessage = () =>
  new AppError('messageDelivered', 'The agent has heard the message. Send it another one.');
