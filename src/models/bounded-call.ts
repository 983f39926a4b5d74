import { ModelError, type ModelEvent, type ModelRequest } from './port.ts';

/**
 * Streams a turn within its time. It ends with the turn, with a ModelError, or, when `request.signal` aborts, with that
 * signal's reason; however it ends, `stream` has been told by its own signal or by being left.
 *
 * @param options.stream ends in the turn, and throws when its signal aborts
 */
export async function* boundedCall(
  { signal }: Pick<ModelRequest, 'signal'>,
  options: {
    timeoutMs: number;
    stream: (signal: AbortSignal) => AsyncIterable<ModelEvent>;
    toModelError: (error: unknown) => ModelError;
  },
): AsyncGenerator<ModelEvent> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
  const either = AbortSignal.any([signal, deadline.signal]);
  try {
    yield* options.stream(either);
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.signal.aborted) {
      throw new ModelError('The model took too long to answer.', { retryable: true, cause: error });
    }
    throw options.toModelError(error);
  } finally {
    clearTimeout(timer);
  }
}
