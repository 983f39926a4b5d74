import { checkAccessToken } from '../../auth/access-token.ts';
import { looksLikeApiKey, readApiKey } from '../../auth/api-key.ts';
import type { IssuerTokenCheck } from '../../auth/issuers/issuer.ts';
import { hashOf } from '../../crypto/hash.ts';
import { describeError } from '../../log.ts';
import { type Admission, admitApiKey, admitSession, type Wanted } from '../../store/admit.ts';
import { admitIdentity } from '../../store/admit-identity.ts';
import type { RateLimit, RateLimitState } from '../../store/rate-limits.ts';
import { admitTicket } from '../../store/tickets.ts';
import type { Actor, Credential } from '../actor.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { unknownOrganisation } from '../organisations/unknown-organisation.ts';

export type { RateLimit, RateLimitState };

export interface Admitted {
  actor: Actor;
  /** When what they showed ends; null for a key that lasts until it is revoked. */
  until: Date | null;
}

/** What somebody shows: a bearer token, which is an access token of ours or of an issuer or an API key, or a ticket for a stream. */
export type Shown = { kind: 'bearer'; token: string } | { kind: 'ticket'; ticket: string; path: string };

export interface Request {
  shown: Shown;
  /** The organisation they name; null for their personal one, or the key's. */
  organisationId: string | null;
  limits: readonly RateLimit[];
  /** Is told what is left of the limits; throws when nothing is. */
  onLimit(state: RateLimitState): void;
}

/**
 * Finds out who asks and for which organisation, and counts the request against their limits, in one statement.
 *
 * @throws {AppError} accessTokenInvalid, accessTokenExpired, issuerUnavailable, permissionMissing, sessionEnded, apiKeyInvalid, ticketInvalid, notFound for an organisation they are no
 * member of, or what `onLimit` throws
 */
export async function admitRequest(context: Context, request: Request): Promise<Admitted> {
  const { admission, userId, credential, until } = await admit(context, request);
  request.onLimit(admission.limit);
  if (admission.member === null) throw unknownOrganisation();
  return { actor: { userId, ...admission.member, credential }, until };
}

interface Caller {
  admission: Admission;
  userId: string;
  credential: Credential;
  until: Date | null;
}

function admit(context: Context, request: Request): Promise<Caller> {
  const { shown } = request;
  if (shown.kind === 'ticket') return byTicket(context, shown, request);
  if (looksLikeApiKey(shown.token)) return byApiKey(context, shown.token, request);
  const check = context.issuers.check(shown.token, context.now());
  return check === null
    ? byAccessToken(context, shown.token, request)
    : check.then((checked) => byIssuer(context, checked, request));
}

async function byIssuer(
  { db, log, newId }: Context,
  check: IssuerTokenCheck,
  wanted: Wanted,
): Promise<Caller> {
  switch (check.outcome) {
    case 'expired':
      throw new AppError(
        'accessTokenExpired',
        'The access token has expired. Get another one of its issuer.',
      );
    case 'invalid':
      throw new AppError('accessTokenInvalid', 'The access token is not one for us or is damaged.');
    case 'unavailable': {
      const { retryAfterSeconds, cause } = check;
      log.warn('issuerUnavailable', { error: describeError(cause) });
      throw new AppError('issuerUnavailable', 'The issuer of the token does not answer. Try again shortly.', {
        retryAfterSeconds,
        cause,
      });
    }
    case 'valid': {
      const { issuer, organisation, expiresAt: until } = check.claims;
      const newIds = { userId: newId('user'), organisationId: newId('org') };
      const { userId, ...admission } = await admitIdentity(db, check.claims, newIds, wanted);
      if (organisation?.role === null && wanted.organisationId === null) {
        throw new AppError(
          'permissionMissing',
          'What the token says you are in its organisation means nothing here.',
        );
      }
      return { admission, userId, credential: { kind: 'issuer', issuer }, until };
    }
  }
}

async function byAccessToken({ db, settings, now }: Context, token: string, wanted: Wanted): Promise<Caller> {
  const authority = { issuer: settings.publicUrl, secret: settings.jwtSecret };
  const check = await checkAccessToken(authority, token, now());
  switch (check.outcome) {
    case 'expired':
      throw new AppError('accessTokenExpired', 'The access token has expired. Refresh it.');
    case 'invalid':
      throw new AppError('accessTokenInvalid', 'The access token is not one of ours or is damaged.');
    case 'valid': {
      const { userId, sessionId, expiresAt: until } = check.token;
      const admission = await admitSession(db, { userId, sessionId }, wanted);
      if (admission === null) throw new AppError('sessionEnded', 'The session has ended. Sign in again.');
      return { admission, userId, credential: { kind: 'session', sessionId }, until };
    }
  }
}

async function byApiKey({ db }: Context, token: string, wanted: Wanted): Promise<Caller> {
  const shown = readApiKey(token);
  const admission = shown && (await admitApiKey(db, { ...shown, hash: await hashOf(shown.key) }, wanted));
  if (admission === null) {
    throw new AppError('apiKeyInvalid', 'The API key is damaged or unknown, has expired or was revoked.');
  }
  const { userId, apiKeyId, scopes, expiresAt } = admission.key;
  const until = expiresAt === null ? null : new Date(expiresAt);
  return { admission, userId, credential: { kind: 'apiKey', apiKeyId, scopes }, until };
}

async function byTicket(
  { db }: Context,
  { ticket, path }: { ticket: string; path: string },
  { organisationId, limits }: Wanted,
): Promise<Caller> {
  const admission = await admitTicket(db, { hash: await hashOf(ticket), path }, limits);
  if (admission === null) {
    throw new AppError('ticketInvalid', 'The ticket was used, ran out, or is not for this stream.');
  }
  const { userId, credential, until, member } = admission;
  const isOwn = organisationId === null || organisationId === member?.organisationId;
  return {
    admission: isOwn ? admission : { ...admission, member: null },
    userId,
    credential,
    until: until === null ? null : new Date(until),
  };
}
