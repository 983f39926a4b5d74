import type { Fault } from '../model/faults.ts';
import { type Sleep, untilAborted } from '../model/stream.ts';
import { type Dialect, Refusal, refusalBody } from './refusal.ts';

/**
 * Chunks as server-sent events. A fault may end or hold them; OpenRouter says now and then that it is at work.
 *
 * @param options.signal ends the stream with its reason, as a lost connection would
 */
export function toBytes(
  chunks: Iterable<object>,
  options: {
    dialect: Dialect;
    fault: Fault | undefined;
    chunkDelayMs: number;
    sleep: Sleep;
    signal: AbortSignal;
  },
): ReadableStream<Uint8Array> {
  const { dialect, fault, sleep } = options;
  const cancelled = new AbortController();
  const signal = AbortSignal.any([options.signal, cancelled.signal]);
  const pending = lines(dialect, chunks);
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
            controller.enqueue(encoder.encode(`data: ${JSON.stringify(midStreamError(dialect))}\n\n`));
            return finish();
          case 'cut':
            if (fault.how === 'close') return finish();
            cancelled.abort();
            return controller.error(new TypeError('terminated'));
        }
      }
      const { value: line, done } = pending.next();
      if (done) return finish();
      if (options.chunkDelayMs > 0) {
        await sleep(options.chunkDelayMs, signal).catch(() => {});
        if (signal.aborted) return;
      }
      sent += 1;
      controller.enqueue(encoder.encode(line));
    },
    cancel() {
      cancelled.abort();
    },
  });
}

function* lines(dialect: Dialect, chunks: Iterable<object>): Generator<string, undefined> {
  if (dialect === 'openrouter') yield ': OPENROUTER PROCESSING\n\n';
  for (const chunk of chunks) yield `data: ${JSON.stringify(chunk)}\n\n`;
  yield 'data: [DONE]\n\n';
}

/** An error behind the head of an answer, whose status was 200. */
function midStreamError(dialect: Dialect): object {
  if (dialect !== 'openrouter') return refusalBody(dialect, new Refusal(500, 'The server had an error.'));
  return {
    id: 'gen-local',
    object: 'chat.completion.chunk',
    error: { code: 502, message: 'Provider disconnected unexpectedly' },
    choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
  };
}
