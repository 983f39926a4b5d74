import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Fetch } from '../../github/send.ts';
import { ROLES, type Role } from '../../store/roles.ts';
import type { IssuerConfig } from './config.ts';
import { createKeySet, IssuerUnavailable } from './key-set.ts';

/** Clocks differ. */
const TOLERANCE_SECONDS = 5;
const LONGEST_SUBJECT = 255;
const LONGEST_NAME = 100;
const LONGEST_EMAIL = 320;
/** Tokens for an API; others signed with the same keys, such as those that tell of a log-out, have a type of their own. */
const TYPES: readonly unknown[] = [undefined, 'jwt', 'at+jwt', 'application/at+jwt'];

/** Who a token is about, in the words of its issuer. */
interface Claims {
  issuer: string;
  subject: string;
  issuedAt: Date;
  expiresAt: Date;
  email: string | null;
  name: string | null;
  /** The organisation it is for; `role` is null when the issuer gives them none that means anything here. */
  organisation: { externalId: string; name: string | null; role: Role | null } | null;
}

export type IssuerTokenCheck =
  | { outcome: 'valid'; claims: Claims }
  | { outcome: 'expired' }
  | { outcome: 'invalid' }
  | { outcome: 'unavailable'; retryAfterSeconds: number; cause: unknown };

/** Who may say who somebody is, besides us. Holds the keys of each. */
export interface Issuers {
  /** Checks a token that says it is of one of them; null when it does not. */
  check(token: string, now: Date): Promise<IssuerTokenCheck> | null;
}

/** @param options.now milliseconds since the epoch, for the age of keys */
export function createIssuers(
  configs: readonly IssuerConfig[],
  { fetch, now }: { fetch: Fetch; now(): number },
): Issuers {
  const known = new Map(
    configs.map((config) => [config.issuer, { config, ...createKeySet({ config, fetch, now }) }]),
  );
  return {
    check(token, at) {
      const issuer = known.size === 0 ? undefined : known.get(saidIssuer(token));
      return issuer === undefined ? null : checkToken(issuer, token, at);
    },
  };
}

/** Whom a token says it is of. Nothing is believed yet. */
function saidIssuer(token: string): string {
  try {
    return String(decodeJwt(token).iss);
  } catch {
    return '';
  }
}

async function checkToken(
  { config, keyOf }: { config: IssuerConfig } & ReturnType<typeof createKeySet>,
  token: string,
  now: Date,
): Promise<IssuerTokenCheck> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keyOf, {
      algorithms: config.algorithms,
      issuer: config.issuer,
      ...(config.audience === null ? {} : { audience: config.audience }),
      requiredClaims: ['sub', 'iat', 'exp'],
      currentDate: now,
      clockTolerance: TOLERANCE_SECONDS,
    });
    const isOfType = TYPES.includes(protectedHeader.typ?.toLowerCase()) && payload.events === undefined;
    const claims = isOfType ? claimsOf(config, payload, now) : null;
    return claims === null ? { outcome: 'invalid' } : { outcome: 'valid', claims };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { outcome: 'expired' };
    if (error instanceof errors.JOSEError) return { outcome: 'invalid' };
    if (error instanceof IssuerUnavailable) {
      return { outcome: 'unavailable', retryAfterSeconds: error.retryAfterSeconds, cause: error.cause };
    }
    // A key that is none: what the issuer publishes is broken.
    return { outcome: 'unavailable', retryAfterSeconds: 60, cause: error };
  }
}

/** What a token that is genuine says; null when it says too little, or is for somebody else. */
function claimsOf(config: IssuerConfig, payload: JWTPayload, now: Date): Claims | null {
  const { sub, iat, exp, azp } = payload;
  if (!isText(sub, LONGEST_SUBJECT)) return null;
  if (iat === undefined || exp === undefined || iat * 1000 > now.getTime() + TOLERANCE_SECONDS * 1000)
    return null;
  const { authorizedParties } = config;
  if (authorizedParties !== undefined && !authorizedParties.some((party) => party === azp)) return null;
  return {
    issuer: config.issuer,
    subject: sub,
    issuedAt: new Date(iat * 1000),
    expiresAt: new Date(exp * 1000),
    email: textAt(payload, config.email, LONGEST_EMAIL),
    name: textAt(payload, config.name, LONGEST_NAME),
    organisation: organisationOf(config, payload),
  };
}

function organisationOf({ organisation }: IssuerConfig, payload: JWTPayload): Claims['organisation'] {
  const externalId = textAt(payload, organisation?.id, LONGEST_SUBJECT);
  if (organisation === undefined || externalId === null) return null;
  const { name, role, roles, defaultRole = null } = organisation;
  const given = [valueAt(payload, role)].flat();
  // ROLES begins with the lowest.
  const highest = ROLES.findLast((candidate) => roles?.[candidate].some((value) => given.includes(value)));
  return { externalId, name: textAt(payload, name, LONGEST_NAME), role: highest ?? defaultRole };
}

function valueAt(payload: JWTPayload, path: readonly string[] | undefined): unknown {
  if (path === undefined) return undefined;
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? Object.entries(value).find(([key]) => key === name)?.[1]
        : undefined,
    payload,
  );
}

function textAt(payload: JWTPayload, path: readonly string[] | undefined, longest: number): string | null {
  const value = valueAt(payload, path);
  return isText(value, longest) ? value : null;
}

/** Whether it is something that can be kept: not empty, not too long, and all of it characters that a database takes. */
const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' &&
  value !== '' &&
  value.length <= longest &&
  value.isWellFormed() &&
  !value.includes('\0');
