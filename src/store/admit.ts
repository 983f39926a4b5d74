import { sql } from 'drizzle-orm';
import { type Database, query } from './database.ts';
import { type RateLimit, type RateLimitState, takeLimits } from './rate-limits.ts';
import type { Role } from './roles.ts';

export interface Asker {
  userId: string;
  sessionId: string;
  /** The organisation they act for; null for their personal one. */
  organisationId: string | null;
  limits: readonly RateLimit[];
}

/** Who may come in, and as what. `member` is null when they are not of the organisation, which may not exist. */
export type Admission = {
  member: { organisationId: string; role: Role } | null;
  limit: RateLimitState;
};

/**
 * Decides in one statement whether a session is still good, what its user is in the organisation, and whether they have asked
 * too often.
 *
 * @returns null when the session has ended
 */
export async function admit(db: Database, asker: Asker): Promise<Admission | null> {
  const { userId, sessionId, organisationId, limits } = asker;
  const [row] = await query<Admission>(
    db,
    sql`WITH caller AS (
      SELECT user_id FROM sessions WHERE id = ${sessionId}::text AND user_id = ${userId}::text
        AND revoked_at IS NULL AND expires_at > engine_now()
    ), ${takeLimits(limits, { table: sql`caller`, subject: sql`caller.user_id` })}
    SELECT row_to_json(left_over) AS "limit", (
      SELECT json_build_object('organisationId', m.organisation_id, 'role', m.role)
      FROM caller JOIN members m ON m.user_id = caller.user_id AND m.organisation_id = COALESCE(${organisationId}::text,
        (SELECT id FROM organisations WHERE personal_of = caller.user_id))
    ) AS member
    FROM left_over`,
  );
  return row ?? null;
}
