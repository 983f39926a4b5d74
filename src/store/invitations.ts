import { sql } from 'drizzle-orm';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { writeOnce } from './operation.ts';
import type { Role } from './roles.ts';

const LIFE = sql`interval '7 days'`;

/** An invitation that nobody has accepted yet. Times are RFC 3339. */
export type Invitation = {
  id: string;
  /** The GitHub login that it is for; null for whoever has its token. */
  login: string | null;
  role: Role;
  invitedBy: string;
  createdAt: string;
  expiresAt: string;
};

const COLUMNS = sql`i.id, i.login, i.role, i.invited_by AS "invitedBy", ${rfc3339(sql`i.created_at`)} AS "createdAt",
  ${rfc3339(sql`i.expires_at`)} AS "expiresAt"`;

export interface NewInvitation {
  id: string;
  organisationId: string;
  tokenHash: string;
  login: string | null;
  role: Role;
  invitedBy: string;
}

/** Invites somebody. Doing it again with the same id gives the invitation another token: nobody has seen the first. */
export async function insertInvitation(db: Database, invitation: NewInvitation): Promise<Invitation> {
  const { id, organisationId, tokenHash, login, role, invitedBy } = invitation;
  const [row] = await query<Invitation>(
    db,
    sql`INSERT INTO invitations AS i (id, organisation_id, token_hash, login, role, invited_by, expires_at)
      VALUES (${id}::text, ${organisationId}::text, ${tokenHash}::text, ${login}::text, ${role}::text, ${invitedBy}::text,
        engine_now() + ${LIFE})
      ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash RETURNING ${COLUMNS}`,
  );
  if (row === undefined) throw new Error('an upsert gave no row');
  return row;
}

/** Those that can still be accepted, newest first. */
export function listInvitations(db: Database, organisationId: string): Promise<Invitation[]> {
  return query<Invitation>(
    db,
    sql`SELECT ${COLUMNS} FROM invitations i WHERE i.organisation_id = ${organisationId}::text
      AND i.accepted_by IS NULL AND i.expires_at > engine_now() ORDER BY i.created_at DESC, i.id DESC`,
  );
}

/** @returns false when there is no such invitation of the organisation */
export async function deleteInvitation(
  db: Database,
  organisationId: string,
  invitationId: string,
): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    db,
    sql`DELETE FROM invitations WHERE id = ${invitationId}::text AND organisation_id = ${organisationId}::text
      AND accepted_by IS NULL RETURNING id`,
  );
  return row !== undefined;
}

/**
 * Makes a user a member by a token: it is used up in the same statement. Who is a member already stays what they are, and
 * the invitation stays for somebody else. Who has joined by it may say so again for as long as it would have lasted.
 *
 * @returns the organisation; null when the token is used up by another, expired, revoked, or for somebody else
 */
export async function acceptInvitation(
  db: Database,
  { tokenHash, userId }: { tokenHash: string; userId: string },
): Promise<string | null> {
  const joinedBefore = sql`SELECT i.organisation_id AS "organisationId" FROM invitations i
    JOIN members m ON m.organisation_id = i.organisation_id AND m.user_id = i.accepted_by
    WHERE i.token_hash = ${tokenHash}::text AND i.accepted_by = ${userId}::text AND i.expires_at > engine_now()`;
  const row = await writeOnce<{ organisationId: string }>(
    db,
    sql`WITH used AS (
      UPDATE invitations i SET accepted_by = u.id FROM users u
      WHERE i.token_hash = ${tokenHash}::text AND i.expires_at > engine_now() AND i.accepted_by IS NULL
        AND u.id = ${userId}::text
        -- What an issuer calls somebody is no login at GitHub, whatever it looks like.
        AND (i.login IS NULL OR (u.github_id IS NOT NULL AND lower(u.login) = lower(i.login)))
        AND NOT EXISTS (SELECT FROM members m WHERE m.organisation_id = i.organisation_id AND m.user_id = u.id)
      RETURNING i.organisation_id, u.id AS user_id, i.role
    ), joined AS (
      INSERT INTO members (organisation_id, user_id, role) SELECT organisation_id, user_id, role FROM used
      ON CONFLICT DO NOTHING RETURNING organisation_id, role
    ), counted AS (
      UPDATE organisations o SET owner_count = owner_count + 1 FROM joined
      WHERE o.id = joined.organisation_id AND joined.role = 'owner'
    ) SELECT organisation_id AS "organisationId" FROM joined UNION ALL (${joinedBefore})`,
    joinedBefore,
  );
  return row?.organisationId ?? null;
}

/** Forgets those that nobody can accept any more. */
export async function forgetInvitations(db: Database): Promise<void> {
  await db.execute(sql`DELETE FROM invitations WHERE expires_at < engine_now()`);
}
