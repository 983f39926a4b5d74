import { sql } from 'drizzle-orm';
import { type Database, query } from './database.ts';
import { type RateLimit, type RateLimitState, takeLimits } from './rate-limits.ts';
import type { Role } from './roles.ts';
import type { Scope } from './scopes.ts';

/** What a request wants besides being let in. */
export interface Wanted {
  /** The organisation to act for; null for the caller's own: the personal one, or the one of the key. */
  organisationId: string | null;
  limits: readonly RateLimit[];
}

/** Who may come in, and as what. `member` is null when they are not of the organisation, which may not exist. */
export type Admission = {
  member: { organisationId: string; role: Role } | null;
  limit: RateLimitState;
};

/** `expiresAt` is RFC 3339; null for a key that lasts until it is revoked. */
export type KeyAdmission = Admission & {
  key: { apiKeyId: string; userId: string; scopes: Scope[]; expiresAt: string | null };
};

/**
 * Decides in one statement whether a session is still good, what its user is in the organisation, and whether they have asked
 * too often; and notes, once a minute, that it was used. An organisation of an issuer is for who brings its token: a session does not say
 * whether they are still in it.
 *
 * @returns null when the session has ended
 */
export async function admitSession(
  db: Database,
  { userId, sessionId }: { userId: string; sessionId: string },
  { organisationId, limits }: Wanted,
): Promise<Admission | null> {
  const [row] = await query<Admission>(
    db,
    sql`WITH caller AS (
      SELECT id, user_id FROM sessions WHERE id = ${sessionId}::text AND user_id = ${userId}::text
        AND revoked_at IS NULL AND expires_at > engine_now()
    ), used AS (
      UPDATE sessions s SET last_used_at = engine_now() FROM caller
      WHERE s.id = caller.id AND (s.last_used_at IS NULL OR s.last_used_at < engine_now() - interval '1 minute')
    ), ${takeLimits(limits, { table: sql`caller`, subject: sql`caller.user_id` })}
    SELECT row_to_json(left_over) AS "limit", (
      SELECT json_build_object('organisationId', m.organisation_id, 'role', m.role)
      FROM caller JOIN members m ON m.user_id = caller.user_id AND m.organisation_id = COALESCE(${organisationId}::text,
        (SELECT id FROM organisations WHERE personal_of = caller.user_id))
      JOIN organisations o ON o.id = m.organisation_id AND o.issuer IS NULL
    ) AS member
    FROM left_over`,
  );
  return row ?? null;
}

/**
 * The same of an API key, which also learns that it was used. It is good while whoever made it is a member of its organisation;
 * one that they made before they left does not come back with them.
 *
 * @returns null when the key is unknown, has expired or was revoked, or its maker has left
 */
export async function admitApiKey(
  db: Database,
  { prefix, hash }: { prefix: string; hash: string },
  { organisationId, limits }: Wanted,
): Promise<KeyAdmission | null> {
  const [row] = await query<KeyAdmission>(
    db,
    sql`WITH caller AS (
      SELECT k.id, k.user_id, k.organisation_id, k.scopes, k.expires_at, m.role
      FROM api_keys k JOIN members m ON m.organisation_id = k.organisation_id AND m.user_id = k.user_id
        AND m.created_at <= k.created_at
      WHERE k.prefix = ${prefix}::text AND k.hash = ${hash}::text
        AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > engine_now())
    ), used AS (
      UPDATE api_keys k SET last_used_at = engine_now() FROM caller
      WHERE k.id = caller.id AND (k.last_used_at IS NULL OR k.last_used_at < engine_now() - interval '1 minute')
    ), ${takeLimits(limits, { table: sql`caller`, subject: sql`caller.user_id` })}
    SELECT row_to_json(left_over) AS "limit",
      json_build_object('apiKeyId', c.id, 'userId', c.user_id, 'scopes', c.scopes, 'expiresAt', c.expires_at) AS key,
      CASE WHEN COALESCE(${organisationId}::text, c.organisation_id) = c.organisation_id
        THEN json_build_object('organisationId', c.organisation_id, 'role', c.role) END AS member
    FROM caller c, left_over`,
  );
  return row ?? null;
}
