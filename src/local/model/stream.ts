import type Anthropic from '@anthropic-ai/sdk';
import { Failure, failureBody } from './failure.ts';
import type { Fault } from './faults.ts';
import { messageHead, type Reply, type ReplyBlock, stopFields } from './reply.ts';

export type StreamEvent = Anthropic.RawMessageStreamEvent | { type: 'ping' };

/** Waits, and rejects as soon as the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** The events of an answer in their order, with texts and inputs in pieces of at most some characters. */
export function* streamEvents(reply: Reply, chunkChars: number): Generator<StreamEvent> {
  const head = messageHead(reply);
  yield { type: 'message_start', message: { ...head, usage: { ...head.usage, output_tokens: 1 } } };
  yield { type: 'ping' };
  for (const [index, block] of reply.blocks.entries()) {
    yield { type: 'content_block_start', index, content_block: emptyBlock(block) };
    for (const delta of deltas(block, chunkChars)) yield { type: 'content_block_delta', index, delta };
    yield { type: 'content_block_stop', index };
  }
  const { input_tokens, output_tokens, output_tokens_details, server_tool_use } = reply.usage;
  const { cache_creation_input_tokens, cache_read_input_tokens } = reply.usage;
  yield {
    type: 'message_delta',
    delta: { container: null, ...stopFields(reply) },
    usage: {
      input_tokens,
      output_tokens,
      output_tokens_details,
      server_tool_use,
      cache_creation_input_tokens,
      cache_read_input_tokens,
    },
  };
  yield { type: 'message_stop' };
}

/**
 * Server-sent events as bytes. A fault may end or hold them.
 *
 * @param options.signal ends the stream with its reason, as a lost connection would
 */
export function toBytes(
  events: Iterable<StreamEvent>,
  options: {
    fault: Fault | undefined;
    chunkDelayMs: number;
    requestId: string;
    sleep: Sleep;
    signal: AbortSignal;
  },
): ReadableStream<Uint8Array> {
  const { fault, sleep, requestId } = options;
  const cancelled = new AbortController();
  const signal = AbortSignal.any([options.signal, cancelled.signal]);
  const pending = events[Symbol.iterator]();
  const encoder = new TextEncoder();
  let sent = 0;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const end = () => controller.error(options.signal.reason);
      if (options.signal.aborted) end();
      else options.signal.addEventListener('abort', end, { once: true, signal: cancelled.signal });
    },
    async pull(controller) {
      const finish = () => {
        cancelled.abort();
        controller.close();
      };
      if (fault && 'afterEvents' in fault && sent >= fault.afterEvents) {
        switch (fault.kind) {
          case 'stalled':
            return untilAborted(signal);
          case 'errorEvent':
            controller.enqueue(
              encoder.encode(sse('error', failureBody(new Failure(529, 'Overloaded'), requestId))),
            );
            return finish();
          case 'cut':
            if (fault.how === 'close') return finish();
            cancelled.abort();
            return controller.error(new TypeError('terminated'));
        }
      }
      const { value: event, done } = pending.next();
      if (done) return finish();
      if (event.type === 'content_block_delta' && options.chunkDelayMs > 0) {
        await sleep(options.chunkDelayMs, signal).catch(() => {});
        if (signal.aborted) return;
      }
      sent += 1;
      controller.enqueue(encoder.encode(sse(event.type, event)));
    },
    cancel() {
      cancelled.abort();
    },
  });
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function sse(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function emptyBlock(block: ReplyBlock): Anthropic.RawContentBlockStartEvent['content_block'] {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: '', citations: null };
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'tool_use':
      return { type: 'tool_use', id: block.id, name: block.name, caller: { type: 'direct' }, input: {} };
  }
}

function* deltas(block: ReplyBlock, chunkChars: number): Generator<Anthropic.RawContentBlockDelta> {
  switch (block.type) {
    case 'text':
      for (const text of chunks(block.text, chunkChars)) yield { type: 'text_delta', text };
      return;
    case 'thinking':
      for (const thinking of chunks(block.thinking, chunkChars)) yield { type: 'thinking_delta', thinking };
      yield { type: 'signature_delta', signature: block.signature };
      return;
    case 'tool_use':
      yield { type: 'input_json_delta', partial_json: '' };
      for (const json of chunks(block.json, chunkChars))
        yield { type: 'input_json_delta', partial_json: json };
  }
}

/** Pieces that never end within a surrogate pair. */
function* chunks(text: string, chars: number): Generator<string> {
  let from = 0;
  while (from < text.length) {
    const end = from + chars;
    const to = /[\uD800-\uDBFF]/.test(text[end - 1] ?? '') ? end + 1 : end;
    yield text.slice(from, to);
    from = to;
  }
}
