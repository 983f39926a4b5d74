/** The error types of the API, by status. Source: the errors page of the Claude API and the SDK's error classes. */
const TYPES = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
} as const;

export type FailureStatus = keyof typeof TYPES;

/** A request that the API refuses. */
export class Failure extends Error {
  readonly status: FailureStatus;
  readonly headers: Record<string, string>;

  constructor(status: FailureStatus, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = 'Failure';
    this.status = status;
    this.headers = headers;
  }
}

/** The body of an error, which is also the data of an `error` event inside a stream. */
export function failureBody(failure: Failure, requestId: string) {
  return {
    type: 'error',
    error: { type: TYPES[failure.status], message: failure.message },
    request_id: requestId,
  };
}

export function failureResponse(failure: Failure, requestId: string): Response {
  return Response.json(failureBody(failure, requestId), {
    status: failure.status,
    headers: { 'request-id': requestId, ...failure.headers },
  });
}
