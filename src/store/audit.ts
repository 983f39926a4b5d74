import { type SQL, sql } from 'drizzle-orm';
import { type Listed, rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';

/** Who did what to which object from where, in an organisation. */
export interface Act {
  organisationId: string;
  userId: string;
  /** How they showed who they are, such as `session session_…`. */
  credential: string;
  /** The method and the route, such as `POST /api/v1/agents`. */
  action: string;
  /** What it was done to, by name: what stood in the address, and the id of what was made. */
  object: Readonly<Record<string, string>>;
  /** The status that was answered. */
  status: number;
  requestId: string;
  address: string | null;
  userAgent: string | null;
}

export type AuditEntry = Omit<Act, 'organisationId' | 'object'> & {
  seq: number;
  at: string;
  object: Record<string, string>;
  /** SHA-256, in hexadecimal digits, of the entry before's hash and this entry. */
  hash: string;
};

/** What is hashed of the row `e`: PostgreSQL writes jsonb in one way only, so the text can be made again. */
const hashOf = (
  e: SQL,
  previous: SQL,
  seq: SQL,
) => sql`encode(sha256(convert_to(${previous} || jsonb_build_array(
  ${e}.organisation_id, ${seq}, extract(epoch FROM ${e}.at), ${e}.user_id, ${e}.credential, ${e}.action, ${e}.object, ${e}.status,
  ${e}.request_id, ${e}.address, ${e}.user_agent)::text, 'UTF8')), 'hex')`;

/** What the first entry of every organisation follows. */
const START = sql`''`;

/**
 * Appends an act. The head of the chain is a row that the statement locks, so entries have no gap and each knows the one before
 * it (E1).
 *
 * @param once makes it depend on another row: an update that returns a row when the act is not put down yet
 */
export async function appendAudit(db: Database, act: Act, once?: SQL): Promise<void> {
  const { organisationId, object } = act;
  await query(
    db,
    sql`WITH ${once ? sql`once AS (${once}), ` : sql``}given AS MATERIALIZED (
      SELECT ${organisationId}::text AS organisation_id, engine_now() AS at, ${act.userId}::text AS user_id,
        ${act.credential}::text AS credential, ${act.action}::text AS action, ${JSON.stringify(object)}::jsonb AS object,
        ${act.status}::int AS status, ${act.requestId}::text AS request_id, ${act.address}::text AS address,
        ${act.userAgent}::text AS user_agent ${once ? sql`FROM once` : sql``}
    ), head AS (
      INSERT INTO audit_heads AS h (organisation_id, seq, hash)
      SELECT organisation_id, 1, ${hashOf(sql`given`, START, sql`1::bigint`)} FROM given
      ON CONFLICT (organisation_id) DO UPDATE SET seq = h.seq + 1,
        hash = (SELECT ${hashOf(sql`given`, sql`h.hash`, sql`h.seq + 1`)} FROM given)
      RETURNING seq, hash
    )
    INSERT INTO audit_log (organisation_id, seq, at, user_id, credential, action, object, status, request_id, address,
      user_agent, hash)
    SELECT organisation_id, seq, at, user_id, credential, action, object, status, request_id, address, user_agent, hash
    FROM given, head`,
  );
}

/** An organisation's entries, newest first, before a place in it. */
export async function listAudit(
  db: Database,
  { organisationId, before, limit }: { organisationId: string; before: number | undefined; limit: number },
): Promise<Listed<AuditEntry, number>> {
  const found = await query<AuditEntry>(
    db,
    sql`SELECT seq::float8 AS seq, ${rfc3339(sql`at`)} AS at, user_id AS "userId", credential, action, object, status,
        request_id AS "requestId", address, user_agent AS "userAgent", hash
      FROM audit_log WHERE organisation_id = ${organisationId}::text AND seq < COALESCE(${before ?? null}::bigint, seq + 1)
      ORDER BY seq DESC LIMIT ${limit + 1}::int`,
  );
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? (items.at(-1)?.seq ?? null) : null };
}

/** Whether a log is as it was written. `firstAltered` is the first entry that is not, or that is missing. */
export type AuditCheck = { entries: number; firstAltered: number | null };

/** Makes every hash again, in order, and holds the last against the head. */
export async function checkAudit(db: Database, organisationId: string): Promise<AuditCheck> {
  const [row] = await query<AuditCheck>(
    db,
    sql`WITH chain AS (
      SELECT e.*, row_number() OVER place AS place, lag(e.hash, 1, ${START}) OVER place AS previous
      FROM audit_log e WHERE e.organisation_id = ${organisationId}::text WINDOW place AS (ORDER BY e.seq)
    ), head AS (
      SELECT seq, hash FROM audit_heads WHERE organisation_id = ${organisationId}::text
    ), wrong AS (
      SELECT place FROM chain e WHERE e.seq <> e.place OR e.hash <> ${hashOf(sql`e`, sql`e.previous`, sql`e.seq`)}
      UNION ALL
      SELECT n FROM head, generate_series((SELECT count(*) FROM chain) + 1, head.seq) n
      UNION ALL
      SELECT e.place FROM chain e LEFT JOIN head ON true
      WHERE head.seq IS NULL OR e.seq > head.seq OR (e.seq = head.seq AND e.hash <> head.hash)
    ) SELECT (SELECT count(*) FROM chain)::int AS entries, (SELECT min(place) FROM wrong)::float8 AS "firstAltered"`,
  );
  return row ?? { entries: 0, firstAltered: null };
}
