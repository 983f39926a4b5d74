import { createHash } from 'node:crypto';
import type { Core } from './core.ts';
import { fromBase64, toBase64 } from './header-map.ts';
import { checkDestination, readPublishOptions } from './publish-options.ts';
import { Refusal } from './refusal.ts';
import { newId } from './store.ts';
import type { Message, PublishOptions } from './types.ts';

/** Ten megabytes, as on the pay-as-you-go plan. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

interface Published {
  messageId: string;
  deduplicated?: true;
}

/**
 * Takes a message in, unless it repeats one of the last ten minutes; then the answer names that one.
 *
 * @throws Refusal for a destination, a header or a size the service would not take
 */
export function publish(
  core: Core,
  destination: string,
  headers: Headers,
  body: Uint8Array,
  queueName?: string,
): Published {
  const now = core.clock.now();
  const url = checkDestination(destination);
  const options = readPublishOptions(headers, now);
  checkSize(body);
  const key = deduplicationKey(url, options, body);
  const duplicate = key && core.store.findDuplicate(key, now);
  if (duplicate) {
    core.counts.deduplicated++;
    return { messageId: duplicate, deduplicated: true };
  }
  const message = newMessage(core, url, toBase64(body), options, { queueName });
  if (key) core.store.rememberDuplicate(key, message.messageId, now);
  core.dispatcher.accept(message);
  core.counts.published++;
  return { messageId: message.messageId };
}

/** @throws Refusal 413 */
export function checkSize(body: Uint8Array): void {
  if (body.byteLength > MAX_BODY_BYTES) {
    throw new Refusal(413, `message is too large (max is ${MAX_BODY_BYTES} bytes)`);
  }
}

/** Builds a message that is due now, or when its delay is over. */
export function newMessage(
  core: Core,
  url: string,
  body: string,
  options: PublishOptions,
  origin: { queueName?: string; scheduleId?: string },
): Message {
  const now = core.clock.now();
  const { delivery, callback, failureCallback, labels, redaction } = options;
  return {
    messageId: newId('msg_'),
    sequence: core.store.nextSequence(),
    url,
    body,
    delivery,
    callback,
    failureCallback,
    labels,
    redaction,
    ...origin,
    notBefore: delivery.notBefore ?? now + delivery.delayMs,
    createdAt: now,
    retried: 0,
  };
}

/** Puts a dead letter back as a new message with all its retries. */
export function republish(core: Core, dead: Message): Published {
  const now = core.clock.now();
  const message: Message = {
    ...dead,
    messageId: newId('msg_'),
    sequence: core.store.nextSequence(),
    notBefore: now,
    createdAt: now,
    retried: 0,
  };
  core.dispatcher.accept(message);
  core.counts.published++;
  return { messageId: message.messageId };
}

function deduplicationKey(url: string, options: PublishOptions, body: Uint8Array): string | undefined {
  if (options.deduplicationId) return `id:${options.deduplicationId}`;
  if (!options.contentBasedDeduplication) return undefined;
  const hash = createHash('sha256').update(url).update('\n').update(JSON.stringify(options.delivery.header));
  return `content:${hash.update('\n').update(body).digest('hex')}`;
}

/** Reads a batch item's body; the official client sends text. */
export function batchBody(body: unknown): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body !== 'string') throw new Refusal(400, 'invalid body: must be a string');
  return fromBase64(toBase64(body));
}
