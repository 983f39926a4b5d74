import { APIError } from '@anthropic-ai/sdk';
import { ModelError } from './port.ts';

type Kind =
  | 'invalid'
  | 'tooLong'
  | 'unauthenticated'
  | 'unpaid'
  | 'forbidden'
  | 'notFound'
  | 'rateLimited'
  | 'overloaded'
  | 'failed';

/** What the user hears. The provider's own words stay in `cause`: they may quote the conversation. */
const KINDS: Record<Kind, { message: string; retryable: boolean }> = {
  invalid: { message: 'The model provider rejected the request.', retryable: false },
  tooLong: { message: 'The conversation has become too long for this model.', retryable: false },
  unauthenticated: { message: 'The model provider does not accept the API key.', retryable: false },
  unpaid: { message: 'The account at the model provider has no credit left.', retryable: false },
  forbidden: { message: 'The API key may not use this model.', retryable: false },
  notFound: { message: 'The model provider does not offer this model.', retryable: false },
  rateLimited: { message: 'The model provider is limiting requests.', retryable: true },
  overloaded: { message: 'The model provider is overloaded.', retryable: true },
  failed: { message: 'The model provider failed to answer.', retryable: true },
};

/** What a failed call comes to. Errors that are not the API's own are broken connections and streams. */
export function toModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  if (!(error instanceof APIError)) {
    return new ModelError('The connection to the model broke.', { retryable: true, cause: error });
  }
  const kind = kindOf(error);
  const { message, retryable } = KINDS[kind];
  return new ModelError(message, {
    retryable,
    contextFull: kind === 'tooLong',
    retryAfterMs: retryable ? readRetryAfterMs(error.headers) : undefined,
    cause: error,
  });
}

/**
 * Whether the API refused a thinking block because something before it changed since it was signed: the instructions or
 * the tools of the agent, for example. Source: platform.claude.com/docs/en/build-with-claude/preserved-thinking
 */
export function isChangedPrefix(error: unknown): boolean {
  return (
    error instanceof APIError &&
    error.status === 400 &&
    (error.apiMessage ?? '').includes('bound to a different conversation')
  );
}

/** An error event in a stream has no status, only a type. Source: platform.claude.com/docs/en/api/errors */
function kindOf(error: APIError): Kind {
  return error.status === undefined ? kindOfType(error.type) : kindOfStatus(error.status, error.apiMessage);
}

function kindOfStatus(status: number, detail: string | null): Kind {
  if (status === 529) return 'overloaded';
  if (status >= 500 || status === 408 || status === 409) return 'failed';
  switch (status) {
    case 401:
      return 'unauthenticated';
    case 402:
      return 'unpaid';
    case 403:
      return 'forbidden';
    case 404:
      return 'notFound';
    case 413:
      return 'tooLong';
    case 429:
      return 'rateLimited';
    default:
      return detail?.includes('prompt is too long') ? 'tooLong' : 'invalid';
  }
}

function kindOfType(type: APIError['type']): Kind {
  switch (type) {
    case 'invalid_request_error':
    case 'memory_precondition_failed_error':
    case 'memory_path_conflict_error':
      return 'invalid';
    case 'authentication_error':
      return 'unauthenticated';
    case 'billing_error':
      return 'unpaid';
    case 'permission_error':
      return 'forbidden';
    case 'not_found_error':
      return 'notFound';
    case 'rate_limit_error':
      return 'rateLimited';
    case 'overloaded_error':
      return 'overloaded';
    default:
      return 'failed';
  }
}

/** The API sends whole seconds. */
function readRetryAfterMs(headers: Headers | undefined): number | undefined {
  const seconds = headers?.get('retry-after');
  return seconds && /^\d+(\.\d+)?$/.test(seconds) ? Math.ceil(Number(seconds) * 1000) : undefined;
}
