import { sql } from 'drizzle-orm';
import type { Admission, Wanted } from './admit.ts';
import { type Database, query } from './database.ts';
import { takeLimits } from './rate-limits.ts';
import type { Role } from './roles.ts';

/** Who a token of an issuer is about. */
export interface ClaimedIdentity {
  issuer: string;
  subject: string;
  issuedAt: Date;
  name: string | null;
  email: string | null;
  /** The organisation it is for; `role` is null when they are nothing in it. */
  organisation: { externalId: string; name: string | null; role: Role | null } | null;
}

export type IdentityAdmission = Admission & { userId: string };

/**
 * Finds or makes whoever a token is about and the organisation that it is for, makes them there what it says, decides which organisation
 * the request acts for, and counts the request: in one statement, which writes nothing else when all is as the token says.
 *
 * They may act for the organisation of the token, as what it says; for their personal one; and for those made here that have taken them. Not for
 * another one of an issuer: what they are there by now, this token does not say. Of two tokens the one issued later is believed, so one
 * from before a demotion brings nothing back.
 *
 * @param newIds of a user and an organisation that are made
 */
export async function admitIdentity(
  db: Database,
  { issuer, subject, issuedAt, name, email, organisation }: ClaimedIdentity,
  newIds: { userId: string; organisationId: string },
  { organisationId, limits }: Wanted,
): Promise<IdentityAdmission> {
  const { externalId = null, role = null } = organisation ?? {};
  const [row] = await query<IdentityAdmission>(
    db,
    sql`WITH given AS MATERIALIZED (
      SELECT ${issuer}::text AS issuer, ${subject}::text AS subject, ${issuedAt.toISOString()}::timestamptz AS claimed_at,
        ${name}::text AS name, ${email}::text AS email, ${externalId}::text AS external_id, ${role}::text AS role,
        ${organisation?.name ?? null}::text AS organisation_name, ${organisationId}::text AS wanted
    ), known AS MATERIALIZED (
      SELECT i.user_id FROM identities i JOIN given g USING (issuer, subject)
    ), joined AS (
      INSERT INTO identities AS i (issuer, subject, user_id) SELECT issuer, subject, ${newIds.userId}::text FROM given
      WHERE NOT EXISTS (SELECT FROM known)
      -- Another request of theirs may make them at this moment: it is read, not changed.
      ON CONFLICT (issuer, subject) DO UPDATE SET subject = excluded.subject RETURNING i.user_id
    ), caller AS (
      SELECT user_id FROM known UNION ALL SELECT user_id FROM joined
    ), made AS (
      INSERT INTO users (id, login, name, email)
      SELECT user_id, COALESCE(email, name, subject), name, email FROM joined, given
      WHERE user_id = ${newIds.userId}::text RETURNING id, login
    ), personal AS (
      INSERT INTO organisations (id, name, personal_of) SELECT replace(id, 'user_', 'org_'), login, id FROM made
      RETURNING id, personal_of
    ), owner AS (
      INSERT INTO members (organisation_id, user_id, role) SELECT id, personal_of, 'owner' FROM personal
    ), profile AS (
      UPDATE users u SET name = g.name, email = g.email, login = COALESCE(g.email, g.name, g.subject), updated_at = engine_now()
      FROM known k, given g WHERE u.id = k.user_id AND u.github_id IS NULL
        AND (u.name, u.email, u.login) IS DISTINCT FROM (g.name, g.email, COALESCE(g.email, g.name, g.subject))
    ), there AS MATERIALIZED (
      SELECT o.id, o.name FROM organisations o JOIN given g USING (issuer, external_id)
    ), founded AS (
      INSERT INTO organisations AS o (id, name, issuer, external_id, owner_count)
      SELECT ${newIds.organisationId}::text, COALESCE(organisation_name, external_id), issuer, external_id, 0 FROM given
      WHERE external_id IS NOT NULL AND role IS NOT NULL AND NOT EXISTS (SELECT FROM there)
      ON CONFLICT (issuer, external_id) DO UPDATE SET external_id = excluded.external_id RETURNING o.id
    ), renamed AS (
      UPDATE organisations o SET name = g.organisation_name, updated_at = engine_now() FROM there t, given g
      WHERE o.id = t.id AND g.organisation_name IS NOT NULL AND o.name <> g.organisation_name
    ), claimed AS (
      SELECT id FROM there UNION ALL SELECT id FROM founded
    ), before AS MATERIALIZED (
      SELECT m.role, m.claimed_at FROM members m, claimed o, caller c WHERE m.organisation_id = o.id AND m.user_id = c.user_id
    ), became AS (
      INSERT INTO members AS m (organisation_id, user_id, role, claimed_at)
      SELECT o.id, c.user_id, g.role, g.claimed_at FROM claimed o, caller c, given g
      WHERE g.role IS NOT NULL
        AND NOT EXISTS (SELECT FROM before b WHERE b.claimed_at > g.claimed_at OR (b.claimed_at = g.claimed_at AND b.role = g.role))
      ON CONFLICT (organisation_id, user_id) DO UPDATE SET role = excluded.role, claimed_at = excluded.claimed_at
        WHERE m.claimed_at IS NULL OR m.claimed_at <= excluded.claimed_at
      RETURNING m.role
    ), dismissed AS (
      DELETE FROM members m USING claimed o, caller c, given g
      WHERE m.organisation_id = o.id AND m.user_id = c.user_id AND g.role IS NULL AND m.claimed_at <= g.claimed_at
    ), standing AS (
      -- A token from before what is known gives no more than is known.
      SELECT o.id, COALESCE((SELECT b.role FROM before b WHERE b.claimed_at > g.claimed_at), g.role) AS role
      FROM claimed o, given g WHERE g.role IS NOT NULL
    ), ${takeLimits(limits, { table: sql`caller`, subject: sql`caller.user_id` })}
    SELECT row_to_json(left_over) AS "limit", c.user_id AS "userId", COALESCE((
      SELECT json_build_object('organisationId', s.id, 'role', s.role) FROM standing s
      WHERE g.wanted IS NULL OR g.wanted = s.id
    ), (
      -- Somebody who was made just now, maybe by another request, has one organisation, which this statement cannot see.
      SELECT json_build_object('organisationId', p.id, 'role', 'owner')
      FROM joined j, LATERAL (SELECT replace(j.user_id, 'user_', 'org_') AS id) p
      WHERE g.wanted = p.id OR (g.wanted IS NULL AND g.external_id IS NULL)
    ), (
      SELECT json_build_object('organisationId', o.id, 'role', m.role) FROM members m JOIN organisations o ON o.id = m.organisation_id
      WHERE m.user_id = c.user_id AND o.issuer IS NULL
        AND CASE WHEN g.wanted IS NULL THEN g.external_id IS NULL AND o.personal_of = c.user_id ELSE o.id = g.wanted END
    )) AS member
    FROM caller c, given g, left_over`,
  );
  if (row === undefined) throw new Error('an upsert gave no row');
  return row;
}
