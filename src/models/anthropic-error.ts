import { APIError } from '@anthropic-ai/sdk';
import { brokenConnection, type FailureKind, modelErrorOf } from './failure-kinds.ts';
import { ModelError } from './port.ts';

/** What a failed call comes to. */
export function toModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  if (!(error instanceof APIError)) return brokenConnection(error);
  return modelErrorOf(kindOf(error), { headers: error.headers, cause: error });
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
function kindOf(error: APIError): FailureKind {
  return error.status === undefined ? kindOfType(error.type) : kindOfStatus(error.status, error.apiMessage);
}

function kindOfStatus(status: number, detail: string | null): FailureKind {
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

function kindOfType(type: APIError['type']): FailureKind {
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
