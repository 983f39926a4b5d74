import type { Hook } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { DrizzleQueryError } from 'drizzle-orm';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { cutText } from '../cut-text.ts';
import type { Context } from '../domain/context.ts';
import { AppError, type ErrorCode, type FieldError } from '../domain/errors.ts';
import { describeError } from '../log.ts';
import type { AppEnv, RequestContext } from './app-env.ts';

interface Kind {
  status: ContentfulStatusCode;
  title: string;
}

/** The one table from codes to the wire. */
export const PROBLEMS: Readonly<Record<ErrorCode, Kind>> = {
  malformedRequest: { status: 400, title: 'The request cannot be read' },
  validationFailed: { status: 400, title: 'The request is not valid' },
  unsupportedMediaType: { status: 415, title: 'The body must be JSON' },
  bodyEncoded: { status: 415, title: 'The body must not be compressed' },
  bodyTooLarge: { status: 413, title: 'The body is too large' },
  idempotencyKeyReused: { status: 422, title: 'The Idempotency-Key was used for another request' },
  idempotencyConflict: {
    status: 409,
    title: 'The first request with this Idempotency-Key is still under way',
  },
  accessTokenMissing: { status: 401, title: 'An access token is needed' },
  accessTokenInvalid: { status: 401, title: 'The access token is not valid' },
  accessTokenExpired: { status: 401, title: 'The access token has expired' },
  issuerUnavailable: { status: 503, title: 'The issuer of the token does not answer' },
  apiKeyInvalid: { status: 401, title: 'The API key is not valid' },
  refreshTokenInvalid: { status: 401, title: 'The refresh token is not valid' },
  refreshTokenReused: { status: 401, title: 'The refresh token was used before' },
  sessionEnded: { status: 401, title: 'The session has ended' },
  permissionMissing: { status: 403, title: 'You may not do this' },
  organisationPersonal: { status: 409, title: 'The organisation is personal' },
  organisationManaged: { status: 409, title: 'The members are managed elsewhere' },
  organisationInUse: { status: 409, title: 'The organisation has agents' },
  triggerExists: { status: 409, title: 'The repository has a trigger' },
  lastOwner: { status: 409, title: 'The organisation has no other owner' },
  rateLimited: { status: 429, title: 'Too many requests' },
  messageLimitReached: { status: 429, title: 'You have said as much today as you may' },
  signInUnknown: { status: 400, title: 'There is no such sign-in' },
  ticketInvalid: { status: 401, title: 'The ticket is not valid' },
  githubCodeRefused: { status: 400, title: 'GitHub refused the code' },
  githubNotLinked: { status: 403, title: 'You have no GitHub account here' },
  githubLinked: { status: 409, title: 'You have another GitHub account here' },
  githubAccountTaken: { status: 409, title: 'The GitHub account belongs to another user' },
  githubAccessLost: { status: 403, title: 'GitHub no longer accepts our access' },
  githubForbidden: { status: 403, title: 'GitHub does not allow it' },
  githubUnavailable: { status: 503, title: 'GitHub does not answer' },
  notFound: { status: 404, title: 'Not found' },
  noActiveRun: { status: 409, title: 'The agent has no active run' },
  runActive: { status: 409, title: 'The run has not ended' },
  runEnded: { status: 409, title: 'The run has ended' },
  runCompleted: { status: 409, title: 'The run did what it was asked to' },
  runSuperseded: { status: 409, title: 'The agent has had another run since' },
  runForked: { status: 409, title: 'Another agent goes on from the run' },
  jobUnfinished: { status: 409, title: 'The job has not completed' },
  repositoryExists: { status: 409, title: 'There is another repository of this name' },
  forkTooDeep: { status: 422, title: 'The agent is a fork of too many forks' },
  agentBusy: { status: 409, title: 'The agent is at another run' },
  messageDelivered: { status: 409, title: 'The agent has heard the message' },
  messageWithdrawn: { status: 409, title: 'The message was withdrawn' },
  memoryFull: { status: 409, title: 'As much is remembered as may be' },
  queueFull: { status: 409, title: 'As many messages wait for the agent as may' },
  agentArchived: { status: 409, title: 'The agent is archived' },
  goalArchived: { status: 409, title: 'The goal is archived' },
  schedulesFull: { status: 409, title: 'The goal has as many schedules as it may' },
  approvalClosed: { status: 409, title: 'The approval can no longer be decided' },
  decisionUnfit: { status: 422, title: 'The decision is for another kind of question' },
  scheduleUnfit: { status: 422, title: 'A schedule of the goal does not fit' },
  planInvalid: { status: 422, title: 'The model gave no plan that can be executed' },
  planFailed: { status: 422, title: 'The planning did not come to its end' },
  dagInUse: { status: 409, title: 'There are executions of the DAG' },
  executionActive: { status: 409, title: 'The execution is under way' },
  executionEnded: { status: 409, title: 'The execution has ended' },
  webhookDisabled: { status: 409, title: 'The webhook endpoint is disabled' },
  webhooksFull: { status: 409, title: 'The organisation has as many webhook endpoints as it may' },
  signatureInvalid: { status: 401, title: 'The signature is not valid' },
  unavailable: { status: 503, title: 'A service we need does not answer' },
  mcpServerExists: { status: 409, title: 'The organisation has an MCP server of this name' },
  mcpServersFull: { status: 409, title: 'The organisation has as many MCP servers as it may' },
  mcpServerFailed: { status: 422, title: 'The MCP server does not answer as it should' },
  originRefused: { status: 403, title: 'Pages of this origin may not call' },
  methodNotAllowed: { status: 405, title: 'This address does not take the method' },
  internal: { status: 500, title: 'Something went wrong on our side' },
};

/** Codes as contracts list them. */
export const describeCodes = (codes: readonly ErrorCode[]): string =>
  codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; ');

/** RFC 9457, with our stable `code` and the id that finds the request in the log. */
export const problemSchema = z
  .object({
    type: z.string().openapi({ example: 'urn:problem-type:cadence:validationFailed' }),
    title: z.string(),
    status: z.int().openapi({ example: 400 }),
    code: z.string().openapi({ example: 'validationFailed' }),
    detail: z.string(),
    requestId: z.string(),
    errors: z
      .array(z.object({ field: z.string().openapi({ example: 'body.name' }), message: z.string() }))
      .optional(),
  })
  .openapi('Problem');

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(PROBLEMS, code);

/** How a contract shows problems of these codes: a recorded one of each stands among the components of the document. */
export const problemContent = (codes: readonly ErrorCode[]) => ({
  'application/problem+json': {
    schema: problemSchema,
    examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
  },
});

/** Any failed request as problem json. What was not foreseen says nothing but its request id. */
export function toProblem(error: AppError, requestId: string): Response {
  const { status, title } = PROBLEMS[error.code];
  const problem: z.infer<typeof problemSchema> = {
    type: `urn:problem-type:cadence:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    requestId,
    ...(error.errors.length > 0 ? { errors: [...error.errors] } : {}),
  };
  const headers = new Headers({ 'content-type': 'application/problem+json' });
  if (status === 401) headers.set('www-authenticate', challenge(error));
  if (error.retryAfterSeconds !== undefined) headers.set('retry-after', String(error.retryAfterSeconds));
  return new Response(JSON.stringify(problem), { status, headers });
}

/** RFC 6750 §3: who sent no token is not told that it is wrong. */
function challenge({ code, message }: AppError): string {
  const realm = 'Bearer realm="cadence"';
  return code === 'accessTokenMissing'
    ? realm
    : `${realm}, error="invalid_token", error_description="${message.replaceAll('"', "'")}"`;
}

/** The last handler of every error; logs in full what the caller is not told. */
export function answerError(error: unknown, c: RequestContext, { log }: Context): Response {
  const requestId = c.get('requestId');
  const traceId = c.get('traceId');
  const known = foreseen(error);
  if (PROBLEMS[known.code].status >= 500) {
    log.error('requestFailed', { requestId, traceId, method: c.req.method, error: describeError(error) });
  }
  return toProblem(known, requestId);
}

function foreseen(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof HTTPException) return fromFramework(error);
  if (isDatabaseOutage(error)) {
    return new AppError('unavailable', 'The database does not answer. Try again shortly.', {
      retryAfterSeconds: 2,
      cause: error,
    });
  }
  return new AppError('internal', 'The request failed. Its id helps us to find out why.', { cause: error });
}

/** The only statuses Hono's validators throw are these two; any other would be a surprise. */
function fromFramework(error: HTTPException): AppError {
  if (error.status === 415) {
    return new AppError('unsupportedMediaType', 'Send the body with Content-Type: application/json.');
  }
  if (error.status === 400) return new AppError('malformedRequest', 'The body is not valid JSON.');
  return new AppError('internal', 'The request failed. Its id helps us to find out why.', { cause: error });
}

/** A statement that Postgres itself refused has a SQLSTATE; without one it never got there, or its answer was lost. */
function isDatabaseOutage(error: unknown): boolean {
  if (!(error instanceof DrizzleQueryError)) return false;
  const { cause } = error;
  return !(cause instanceof Error && 'code' in cause && cause.code);
}

/** A body can have thousands of errors, and names as long as itself; the answer is not to. */
const MOST_ERRORS = 50;
const MOST_NAMED = 10;
const LONGEST_FIELD = 200;

const TARGETS: Readonly<Record<string, string>> = { json: 'body', param: 'path' };

/** What zod found wrong, in the caller's terms. A strict object names unknown keys beside the path, not in it. */
function fieldErrors(target: string, issues: readonly z.core.$ZodIssue[]): FieldError[] {
  const root = TARGETS[target] ?? target;
  return issues.flatMap((issue) => {
    const named = (...rest: string[]) =>
      cutText([root, ...issue.path.map(String), ...rest].join('.'), LONGEST_FIELD);
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: named(key), message: 'This field is not known.' }))
      : [{ field: named(), message: cutText(issue.message, LONGEST_FIELD) }];
  });
}

/** What zod found wrong with one part of the input, as a problem that names each field. */
export function notValid(target: string, issues: readonly z.core.$ZodIssue[]): AppError {
  const all = fieldErrors(target, issues);
  const errors = all.slice(0, MOST_ERRORS);
  const fields = errors.slice(0, MOST_NAMED).map(({ field }) => field);
  const more = all.length > fields.length ? ` and ${all.length - fields.length} more` : '';
  return new AppError('validationFailed', `Not valid: ${fields.join(', ')}${more}.`, { errors });
}

/** The hook of every contract: input that its schema refuses never reaches a handler. */
// biome-ignore lint/suspicious/noExplicitAny: the hook's type is OpenAPIHono's own; it is called for every route's input
export const refuseInvalid: Hook<any, AppEnv, any, any> = (result) => {
  if (!result.success) throw notValid(result.target, result.error.issues);
};
