import { type SQL, sql } from 'drizzle-orm';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';
import type { Role } from './roles.ts';
import type { Moved } from './runs/move.ts';
import { withRoom } from './runs/slots.ts';

/** An organisation as one of its members sees it. `createdAt` is RFC 3339. */
export type Organisation = {
  id: string;
  name: string;
  /** Its user's own, which nobody else can join. */
  isPersonal: boolean;
  /** Whose tokens say who is in it; null where its members are managed here. */
  issuer: string | null;
  /** How many of its runs may be at work at once, by its own word; null leaves it to the deployment. */
  concurrentRuns: number | null;
  /** What the reader is in it. */
  role: Role;
  createdAt: string;
};

export type Member = { userId: string; login: string; name: string | null; role: Role; joinedAt: string };

const SEEN = sql`o.id, o.name, o.personal_of IS NOT NULL AS "isPersonal", o.issuer, m.role,
  (SELECT r.concurrent_runs FROM organisation_runs r WHERE r.organisation_id = o.id) AS "concurrentRuns",
  ${rfc3339(sql`o.created_at`)} AS "createdAt"`;

const membership = (where: SQL) =>
  sql`SELECT ${SEEN} FROM members m JOIN organisations o ON o.id = m.organisation_id WHERE ${where}`;

/** Makes an organisation that its maker owns. Doing it again with the same id changes nothing. */
export async function insertOrganisation(
  db: Database,
  { id, name, userId }: { id: string; name: string; userId: string },
): Promise<void> {
  await query(
    db,
    sql`WITH made AS (
      INSERT INTO organisations (id, name, owner_count) VALUES (${id}::text, ${name}::text, 1)
      ON CONFLICT (id) DO NOTHING RETURNING id
    ) INSERT INTO members (organisation_id, user_id, role) SELECT id, ${userId}::text, 'owner' FROM made`,
  );
}

/** Null for an unknown one and for one that the user is no member of. */
export async function findOrganisation(
  db: Database,
  { organisationId, userId }: { organisationId: string; userId: string },
): Promise<Organisation | null> {
  const [row] = await query<Organisation>(
    db,
    membership(sql`m.organisation_id = ${organisationId}::text AND m.user_id = ${userId}::text`),
  );
  return row ?? null;
}

/** All that a user can act for with what they showed, their personal one first. `issuer` is whose token it was; null for none. */
export function listOrganisations(
  db: Database,
  { userId, issuer }: { userId: string; issuer: string | null },
): Promise<Organisation[]> {
  return query<Organisation>(
    db,
    sql`${membership(sql`m.user_id = ${userId}::text AND (o.issuer IS NULL OR o.issuer = ${issuer}::text)`)} ORDER BY o.personal_of IS NULL, o.created_at, o.id`,
  );
}

/** What is left out stays as it is. */
export type OrganisationChanges = { name?: string | undefined; concurrentRuns?: number | null | undefined };

/**
 * Changes what is given. The number of runs is written where it is decided who begins, on a row that is locked last, so no claim
 * meanwhile goes by the number before.
 *
 * @param most runs at once that any organisation may have
 * @returns the runs that were held back and may begin now
 */
export async function changeOrganisation(
  db: Database,
  organisationId: string,
  { name, concurrentRuns }: OrganisationChanges,
  most: number,
): Promise<Pick<Moved, 'admitted'>> {
  const [row] = await query<Pick<Moved, 'admitted'>>(
    db,
    sql`WITH changed AS (
      UPDATE organisations SET name = COALESCE(${name ?? null}::text, name), updated_at = engine_now()
      WHERE id = ${organisationId}::text RETURNING id
    ), limited AS (
      UPDATE organisation_runs o SET concurrent_runs = ${concurrentRuns ?? null}::int FROM changed
      WHERE o.organisation_id = changed.id AND ${concurrentRuns !== undefined}::boolean RETURNING ${withRoom(most)} AS admitted
    ) SELECT COALESCE((SELECT admitted FROM limited), '[]'::json) AS admitted`,
  );
  return row ?? { admitted: [] };
}

/**
 * Removes an organisation that has nothing any more: what it had must be archived and forgotten first.
 *
 * @returns false when it is a personal one, has agents, or is gone
 */
export async function deleteOrganisation(db: Database, organisationId: string): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    db,
    sql`DELETE FROM organisations o WHERE id = ${organisationId}::text AND personal_of IS NULL
      AND NOT EXISTS (SELECT FROM agents a WHERE a.organisation_id = o.id AND a.archived_at IS NULL) RETURNING id`,
  );
  return row !== undefined;
}

export function listMembers(db: Database, organisationId: string): Promise<Member[]> {
  return query<Member>(
    db,
    sql`SELECT u.id AS "userId", u.login, u.name, m.role, ${rfc3339(sql`m.created_at`)} AS "joinedAt"
      FROM members m JOIN users u ON u.id = m.user_id WHERE m.organisation_id = ${organisationId}::text
      ORDER BY m.created_at, u.id`,
  );
}

/**
 * Changes what a member is, or (`role` null) that they are one. The member's row is locked first and then the organisation's, whose
 * count of owners decides (E1): of two owners who leave at once, one stays. Where an issuer says who is an owner, nobody is the last.
 *
 * @returns false when there is no such member, or they are the last owner
 */
export async function changeMembership(
  db: Database,
  input: { organisationId: string; userId: string; role: Role | null },
): Promise<boolean> {
  const { organisationId, userId, role } = input;
  const change =
    role === null
      ? sql`DELETE FROM members m USING counted WHERE m.organisation_id = counted.id AND m.user_id = ${userId}::text`
      : sql`UPDATE members m SET role = ${role}::text FROM counted
          WHERE m.organisation_id = counted.id AND m.user_id = ${userId}::text`;
  const [row] = await query<{ role: Role }>(
    db,
    sql`WITH target AS MATERIALIZED (
      SELECT role FROM members WHERE organisation_id = ${organisationId}::text AND user_id = ${userId}::text FOR UPDATE
    ), counted AS (
      UPDATE organisations o
      SET owner_count = owner_count - (target.role = 'owner')::int + ${role === 'owner'}::boolean::int
      FROM target WHERE o.id = ${organisationId}::text
        AND (target.role <> 'owner' OR ${role === 'owner'}::boolean OR o.owner_count > 1 OR o.issuer IS NOT NULL)
      RETURNING o.id
    ) ${change} RETURNING m.role`,
  );
  return row !== undefined;
}
