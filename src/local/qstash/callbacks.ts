import { toBase64 } from './header-map.ts';
import { CALLER_IP } from './send.ts';
import type { Answer, CallbackTarget, Message } from './types.ts';

/**
 * The body of a callback (docs: features/callbacks), as a real one was seen on the wire: times are numbers, header
 * values are lists, and what is zero or empty is left out, `retried` of the first attempt included.
 *
 * @param dlqId given for a failure callback
 */
function callbackBody(message: Message, answer: Answer, dlqId?: string): string {
  return JSON.stringify({
    status: answer.status,
    header: answer.header,
    body: answer.body === '' && answer.error ? toBase64(answer.error) : answer.body,
    retried: message.retried || undefined,
    maxRetries: message.delivery.maxRetries,
    dlqId,
    sourceMessageId: message.messageId,
    url: message.url,
    method: message.delivery.method,
    sourceHeader: message.delivery.header,
    sourceBody: message.body,
    notBefore: message.notBefore,
    createdAt: message.createdAt,
    scheduleId: message.scheduleId,
    callerIP: CALLER_IP,
  });
}

/** The message that tells a callback URL about an attempt. A queue waits for it before it goes on. */
export function callbackMessage(
  target: CallbackTarget,
  source: Message,
  answer: Answer,
  identity: { messageId: string; sequence: number; now: number; dlqId?: string },
): Message {
  return {
    messageId: identity.messageId,
    sequence: identity.sequence,
    url: target.url,
    body: toBase64(callbackBody(source, answer, identity.dlqId)),
    delivery: target.delivery,
    labels: [],
    blocksQueue: source.queueName,
    notBefore: target.delivery.notBefore ?? identity.now + target.delivery.delayMs,
    createdAt: identity.now,
    retried: 0,
  };
}
