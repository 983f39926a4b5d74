/**
 * Everything a request can end in besides success. Codes are stable: clients decide by them. The table in
 * `src/http/errors.ts` gives each its status and title, and does not compile with one missing.
 */
export type ErrorCode =
  | 'malformedRequest'
  | 'validationFailed'
  | 'unsupportedMediaType'
  | 'bodyEncoded'
  | 'bodyTooLarge'
  | 'idempotencyKeyReused'
  | 'idempotencyConflict'
  | 'accessTokenMissing'
  | 'accessTokenInvalid'
  | 'accessTokenExpired'
  | 'issuerUnavailable'
  | 'apiKeyInvalid'
  | 'refreshTokenInvalid'
  | 'refreshTokenReused'
  | 'sessionEnded'
  | 'permissionMissing'
  | 'organisationPersonal'
  | 'organisationInUse'
  | 'organisationManaged'
  | 'lastOwner'
  | 'triggerExists'
  | 'rateLimited'
  | 'messageLimitReached'
  | 'signInUnknown'
  | 'ticketInvalid'
  | 'githubCodeRefused'
  | 'githubNotLinked'
  | 'githubLinked'
  | 'githubAccountTaken'
  | 'githubAccessLost'
  | 'githubForbidden'
  | 'githubUnavailable'
  | 'notFound'
  | 'noActiveRun'
  | 'runActive'
  | 'runEnded'
  | 'runCompleted'
  | 'runSuperseded'
  | 'runForked'
  | 'jobUnfinished'
  | 'repositoryExists'
  | 'agentBusy'
  | 'forkTooDeep'
  | 'messageDelivered'
  | 'messageWithdrawn'
  | 'queueFull'
  | 'memoryFull'
  | 'agentArchived'
  | 'goalArchived'
  | 'schedulesFull'
  | 'approvalClosed'
  | 'decisionUnfit'
  | 'scheduleUnfit'
  | 'planInvalid'
  | 'planFailed'
  | 'dagInUse'
  | 'executionActive'
  | 'executionEnded'
  | 'webhookDisabled'
  | 'webhooksFull'
  | 'signatureInvalid'
  | 'mcpServerExists'
  | 'mcpServersFull'
  | 'mcpServerFailed'
  | 'originRefused'
  | 'methodNotAllowed'
  | 'unavailable'
  | 'internal';

/** Which part of the input was wrong: `body.name`, `query.limit`, `path.agentId`. */
export interface FieldError {
  field: string;
  message: string;
}

/** An outcome that was foreseen. `message` is a sentence for the caller; it never carries internals or secrets. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { errors?: readonly FieldError[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** One field of the input was wrong in a way that only the outside world could tell. */
export const invalidField = (field: string, message: string, cause?: unknown) =>
  invalidFields([{ field, message }], cause);

/** The same of several. */
export const invalidFields = (errors: readonly FieldError[], cause?: unknown) =>
  new AppError('validationFailed', `Not valid: ${errors.map(({ field }) => field).join(', ')}.`, {
    errors,
    cause,
  });
