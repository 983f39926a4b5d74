import type { ErrorCode } from '../../domain/errors.ts';

/** What a client does about each code. One sentence or two, for the page of errors. */
export const ADVICE: Readonly<Record<ErrorCode, string>> = {
  malformedRequest:
    'Mend the request: the body is no JSON, too deep, broke off or took too long, or the address or body has a NUL character.',
  validationFailed: '`errors` names each field and what is wrong with it. Mend them and send it again.',
  unsupportedMediaType: 'Send the body as `Content-Type: application/json`.',
  bodyTooLarge: 'Send less than 1 MiB.',
  bodyEncoded: 'Send the body as it is, without a `Content-Encoding`.',
  accessTokenMissing: 'Send `Authorization: Bearer <access token>`.',
  accessTokenInvalid: 'Refresh the tokens; if that fails, let the user sign in again.',
  accessTokenExpired: 'Refresh the tokens and send the request again.',
  apiKeyInvalid:
    'Use another key: this one is damaged or unknown, has expired or was revoked, or whoever made it has left the organisation.',
  refreshTokenInvalid: 'Let the user sign in again.',
  refreshTokenReused:
    'The session has been ended, because its token may have been stolen. Let the user sign in again.',
  sessionEnded: 'Let the user sign in again.',
  idempotencyKeyReused:
    'A key belongs to one request. Use a new one for each request that means something else.',
  idempotencyConflict: 'Wait for `Retry-After` and send the same request again under the same key.',
  permissionMissing: 'The user may not do this. Somebody who may can change that.',
  messageLimitReached: 'Wait for the next day (UTC); `GET /message-limit` says when it begins.',
  rateLimited: 'Wait for `Retry-After`. `RateLimit` says beforehand how much is left.',
  lastOwner: 'Make another member an owner first.',
  triggerExists: 'Change the trigger that there is.',
  organisationInUse: 'Archive its agents first.',
  organisationPersonal: 'Everybody has one of their own, and it stays. Create another organisation to share.',
  signInUnknown:
    'A sign-in ends once, within ten minutes, with the `state` and verifier that it began with. Begin it again.',
  ticketInvalid: 'A ticket opens its one stream once, within a minute. Ask for another.',
  githubCodeRefused: 'A code is good once and for minutes. Begin the sign-in again.',
  githubAccessLost: 'The user has withdrawn the access, or it has run out. Let them sign in again.',
  githubForbidden: 'The user may not do this on GitHub, or their organisation has not let Cadence in.',
  githubUnavailable: 'Try again shortly; nothing was changed.',
  notFound: 'There is nothing under this id that is yours. What belongs to others looks the same.',
  noActiveRun: 'Nothing is under way. Send the agent a message to start a run.',
  runActive: 'Cancel the run, or wait for its end.',
  runEnded: 'The run does not change any more. Send its agent a message to go on.',
  runCompleted: 'There is nothing to take up. Send the agent a message to go on.',
  runSuperseded: "Only an agent's newest run can be retried. Send the agent a message to go on.",
  runForked: 'Archive the agents that were forked from it first.',
  agentBusy: 'Wait for the run under way to end, or send the agent a message.',
  forkTooDeep: 'Create another agent instead.',
  messageDelivered: 'It cannot be changed any more. Send another message.',
  messageWithdrawn: 'It cannot be changed any more. Send another message.',
  queueFull: 'Withdraw a message that waits, or send this one with `"deliver": "now"`.',
  agentArchived: 'An archived agent does not come back. Create another one.',
  approvalClosed: 'Somebody decided, or it expired, or its run has ended. Read it again.',
  decisionUnfit: 'An approval takes `allow` or `deny`, a review `sendAgain` or `leave`.',
  webhookDisabled: 'Enable it with `"disabled": false`, then ask again.',
  webhooksFull: 'Remove one, or let one endpoint take more types of events.',
  signatureInvalid: 'Only our own services call these addresses.',
  mcpServerExists: 'Change that server, or take another name.',
  mcpServersFull: 'Remove one.',
  mcpServerFailed:
    'See that the address takes MCP over streamable HTTP and lets the headers in, then send it again; nothing was changed.',
  originRefused:
    'A browser says which page calls. Let the deployment name its origin in `CORS_ORIGINS`, or call from outside a browser.',
  methodNotAllowed: '`Allow` names the method that this address takes.',
  unavailable: 'Wait for `Retry-After`, if there is one, and send the same request again.',
  internal: 'Report it with its `requestId`. Repeating a request with an `Idempotency-Key` is safe.',
};
