import { sql } from 'drizzle-orm';
import type { Admission } from './admit.ts';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { type RateLimit, takeLimits } from './rate-limits.ts';
import type { Scope } from './scopes.ts';
import type { Viewer } from './standing.ts';

/** How long a ticket waits to be used. */
const TICKET_LIFE = sql`interval '60 seconds'`;

export interface NewTicket extends Viewer {
  hash: string;
  /** Of the stream that it opens. */
  path: string;
  /** When what its maker showed ends; null for never. */
  until: Date | null;
}

/** Keeps a ticket, and gives when it runs out: RFC 3339. */
export async function insertTicket(db: Database, ticket: NewTicket): Promise<string> {
  const { hash, userId, organisationId, credential, path, until } = ticket;
  const sessionId = credential.kind === 'session' ? credential.sessionId : null;
  const apiKeyId = credential.kind === 'apiKey' ? credential.apiKeyId : null;
  const issuer = credential.kind === 'issuer' ? credential.issuer : null;
  const [row] = await query<{ expiresAt: string }>(
    db,
    sql`INSERT INTO stream_tickets (hash, user_id, organisation_id, session_id, api_key_id, issuer, path, until, expires_at)
      VALUES (${hash}, ${userId}, ${organisationId}, ${sessionId}, ${apiKeyId}, ${issuer}, ${path},
        ${until?.toISOString() ?? null}::timestamptz, engine_now() + ${TICKET_LIFE})
      RETURNING ${rfc3339(sql`expires_at`)} AS "expiresAt"`,
  );
  if (row === undefined) throw new Error('an insert gave no row');
  return row.expiresAt;
}

/** `until` is RFC 3339. */
export type TicketAdmission = Admission & {
  userId: string;
  credential:
    | { kind: 'session'; sessionId: string }
    | { kind: 'apiKey'; apiKeyId: string; scopes: readonly Scope[] }
    | { kind: 'issuer'; issuer: string };
  until: string | null;
};

/**
 * Takes a ticket for a stream, so that nobody can use it again, and decides in the same statement whether who made it would still be let
 * in, and whether they have asked too often.
 *
 * @returns null when there is no such ticket for this stream, it was used, it ran out, or who made it is out
 */
export async function admitTicket(
  db: Database,
  { hash, path }: { hash: string; path: string },
  limits: readonly RateLimit[],
): Promise<TicketAdmission | null> {
  const [row] = await query<TicketAdmission>(
    db,
    sql`WITH ticket AS (
      DELETE FROM stream_tickets WHERE hash = ${hash}::text AND path = ${path}::text AND expires_at > engine_now()
        AND (until IS NULL OR until > engine_now())
      RETURNING *
    ), caller AS (
      SELECT t.user_id, t.organisation_id, t.until, m.role,
        CASE WHEN s.id IS NOT NULL THEN json_build_object('kind', 'session', 'sessionId', s.id)
          WHEN k.id IS NOT NULL THEN json_build_object('kind', 'apiKey', 'apiKeyId', k.id, 'scopes', k.scopes)
          ELSE json_build_object('kind', 'issuer', 'issuer', t.issuer) END AS credential
      FROM ticket t
      JOIN members m ON m.organisation_id = t.organisation_id AND m.user_id = t.user_id
      LEFT JOIN sessions s ON s.id = t.session_id AND s.revoked_at IS NULL AND s.expires_at > engine_now()
      LEFT JOIN api_keys k ON k.id = t.api_key_id AND k.revoked_at IS NULL
      WHERE s.id IS NOT NULL OR k.id IS NOT NULL OR t.issuer IS NOT NULL
    ), ${takeLimits(limits, { table: sql`caller`, subject: sql`caller.user_id` })}
    SELECT row_to_json(left_over) AS "limit", c.until, c.user_id AS "userId", c.credential,
      json_build_object('organisationId', c.organisation_id, 'role', c.role) AS member
    FROM caller c, left_over`,
  );
  return row ?? null;
}
