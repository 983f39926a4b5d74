import { ModelError } from './port.ts';

/** What can become of a request to any provider. */
export type FailureKind =
  | 'invalid'
  | 'tooLong'
  | 'unauthenticated'
  | 'unpaid'
  | 'forbidden'
  | 'moderated'
  | 'notFound'
  | 'rateLimited'
  | 'overloaded'
  | 'failed';

/** What the user hears. The provider's own words stay in `cause`: they may quote the conversation. */
const KINDS: Record<FailureKind, { message: string; retryable: boolean }> = {
  invalid: { message: 'The model provider rejected the request.', retryable: false },
  tooLong: { message: 'The conversation has become too long for this model.', retryable: false },
  unauthenticated: { message: 'The model provider does not accept the API key.', retryable: false },
  unpaid: { message: 'The account at the model provider has no credit left.', retryable: false },
  forbidden: { message: 'The API key may not use this model.', retryable: false },
  moderated: { message: 'The model provider does not take this conversation.', retryable: false },
  notFound: { message: 'The model provider does not offer this model.', retryable: false },
  rateLimited: { message: 'The model provider is limiting requests.', retryable: true },
  overloaded: { message: 'The model provider is overloaded.', retryable: true },
  failed: { message: 'The model provider failed to answer.', retryable: true },
};

/** A refusal in the port's words. */
export function modelErrorOf(
  kind: FailureKind,
  { headers, cause }: { headers?: Headers | undefined; cause: unknown },
): ModelError {
  const { message, retryable } = KINDS[kind];
  return new ModelError(message, {
    retryable,
    contextFull: kind === 'tooLong',
    retryAfterMs: retryable ? readRetryAfterMs(headers) : undefined,
    cause,
  });
}

/** Errors that are not the API's own are broken connections and streams. */
export const brokenConnection = (cause: unknown): ModelError =>
  new ModelError('The connection to the model broke.', { retryable: true, cause });

/** The APIs send whole seconds. */
export function readRetryAfterMs(headers: Headers | undefined): number | undefined {
  const seconds = headers?.get('retry-after');
  return seconds && /^\d+(\.\d+)?$/.test(seconds) ? Math.ceil(Number(seconds) * 1000) : undefined;
}
