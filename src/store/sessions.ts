import { sql } from 'drizzle-orm';
import {
  after,
  boundedPage,
  FOUND,
  type Listed,
  positionOf,
  type RowPosition,
  rfc3339,
  toListed,
} from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { keptAs, type SealedGithubToken } from './github-tokens.ts';

/** A session ends this long after the sign-in, however often it is refreshed. */
const SESSION_LIFE = sql`interval '30 days'`;
/** A token that was just replaced is still answered this long, with the same successor, while nobody has used that. */
const GRACE = sql`interval '2 minutes'`;
const GOES_ON = sql`revoked_at IS NULL AND expires_at > engine_now()`;

/**
 * Ends a sign-in with a session, and keeps the GitHub token that came with it; throws away the user's sessions that are long over.
 * `refreshHash` is the hash of its first refresh token, `stateHash` of the sign-in's state.
 *
 * @returns false when the sign-in had ended, or took too long
 */
export async function startSession(
  db: Database,
  session: {
    id: string;
    userId: string;
    stateHash: string;
    refreshHash: string;
    githubToken: SealedGithubToken | null;
    userAgent: string | null;
  },
): Promise<boolean> {
  const { id, userId, stateHash, refreshHash, githubToken, userAgent } = session;
  const token = githubToken === null ? sql`` : sql`${keptAs(githubToken)}, `;
  const [row] = await query<{ id: string }>(
    db,
    sql`WITH ended AS (
      DELETE FROM sign_ins WHERE state_hash = ${stateHash}::text AND expires_at > engine_now() RETURNING state_hash
    ), keep_token AS (
      UPDATE users SET ${token}updated_at = engine_now()
      WHERE id = ${userId}::text AND EXISTS (SELECT 1 FROM ended)
    ), forget AS (
      DELETE FROM sessions WHERE user_id = ${userId}::text AND expires_at < engine_now()
    )
    INSERT INTO sessions (id, user_id, current_hash, user_agent, expires_at)
    SELECT ${id}::text, ${userId}::text, ${refreshHash}::text, ${userAgent}::text, engine_now() + ${SESSION_LIFE} FROM ended
    RETURNING id`,
  );
  return row !== undefined;
}

/**
 * What presenting a refresh token came to. `granted`: the successor is now the session's token, by this request or by one
 * shortly before whose answer was lost. `reused`: the token had been replaced, so it was stolen or kept, and the whole
 * session was revoked by this very request. `revoked`: that happened earlier, or the user signed out.
 */
export type Rotation =
  | { outcome: 'granted' | 'reused'; userId: string }
  | { outcome: 'revoked' | 'expired' | 'unknown' };

/**
 * Replaces a refresh token by its successor. All is decided from the row being updated (E1): a request that waited for
 * another's lock decides on what that one left behind. `clock` is read once so that every arm sees the same moment.
 *
 * The chain has one link of memory: while `current_hash` is the presented token's successor, that successor is unused.
 */
export async function rotateSession(
  db: Database,
  { sessionId, hash, successorHash }: { sessionId: string; hash: string; successorHash: string },
): Promise<Rotation> {
  const open = sql`s.revoked_at IS NULL AND s.expires_at > clock.now`;
  const isCurrent = sql`${open} AND s.current_hash = ${hash}`;
  const isRepeat = sql`s.current_hash = ${successorHash} AND s.rotated_at > clock.now - ${GRACE}`;
  const isReuse = sql`${open} AND s.current_hash <> ${hash} AND NOT (${isRepeat})`;
  const [row] = await query<{ userId: string; outcome: 'granted' | 'reused' | 'revoked' | 'expired' }>(
    db,
    sql`
    WITH clock AS MATERIALIZED (SELECT engine_now() AS now)
    UPDATE sessions s SET
      previous_hash = CASE WHEN ${isCurrent} THEN ${hash} ELSE s.previous_hash END,
      current_hash = CASE WHEN ${isCurrent} THEN ${successorHash} ELSE s.current_hash END,
      rotated_at = CASE WHEN ${isCurrent} THEN clock.now ELSE s.rotated_at END,
      revoked_at = CASE WHEN ${isReuse} THEN clock.now ELSE s.revoked_at END
    FROM clock
    WHERE s.id = ${sessionId}
    RETURNING s.user_id AS "userId", CASE
      WHEN s.revoked_at = clock.now THEN 'reused'
      WHEN s.revoked_at IS NOT NULL THEN 'revoked'
      WHEN s.expires_at <= clock.now THEN 'expired'
      ELSE 'granted' END AS outcome`,
  );
  if (row === undefined) return { outcome: 'unknown' };
  const { outcome, userId } = row;
  return outcome === 'granted' || outcome === 'reused' ? { outcome, userId } : { outcome };
}

/**
 * Ends a session for good. Ending it again changes nothing.
 *
 * @returns whose it was, if it had not ended before
 */
export async function endSession(db: Database, sessionId: string): Promise<string | null> {
  const [row] = await query<{ userId: string }>(
    db,
    sql`UPDATE sessions SET revoked_at = engine_now() WHERE id = ${sessionId} AND revoked_at IS NULL
      RETURNING user_id AS "userId"`,
  );
  return row?.userId ?? null;
}

/**
 * Ends sessions of a user: one, all, or all but one.
 *
 * @returns how many had not ended before
 */
export async function endSessionsOf(
  db: Database,
  userId: string,
  which: { only: string } | { except: string | null },
): Promise<number> {
  const chosen =
    'only' in which ? sql`id = ${which.only}::text` : sql`id IS DISTINCT FROM ${which.except}::text`;
  const rows = await query<{ id: string }>(
    db,
    sql`UPDATE sessions SET revoked_at = engine_now()
      WHERE user_id = ${userId}::text AND ${chosen} AND ${GOES_ON} RETURNING id`,
  );
  return rows.length;
}

/** A session as its user sees it. Times are RFC 3339. */
export interface Session {
  id: string;
  /** What signed in, in its own words. */
  userAgent: string | null;
  createdAt: string;
  lastUsedAt: string | null;
  expiresAt: string;
}

/** The sessions of a user that go on, newest first. */
export async function listSessions(
  db: Database,
  input: { userId: string; limit: number; after: RowPosition | undefined },
): Promise<Listed<Session>> {
  const { userId, limit } = input;
  const rows = sql`SELECT s.* FROM sessions s WHERE user_id = ${userId}::text AND ${GOES_ON} AND ${after(sql`s`, input.after)}
    ORDER BY s.created_at DESC, s.id DESC LIMIT ${limit + 1}::int`;
  const bytes = sql`COALESCE(octet_length(user_agent), 0)`;
  return toListed(
    await query<{ item: Session; position: RowPosition; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`created_at DESC, id DESC`, bytes, limit })}
        SELECT json_build_object('id', s.id, 'userAgent', s.user_agent, 'createdAt', ${rfc3339(sql`s.created_at`)},
          'lastUsedAt', ${rfc3339(sql`GREATEST(s.last_used_at, s.rotated_at)`)},
          'expiresAt', ${rfc3339(sql`s.expires_at`)}) AS item,
          ${positionOf(sql`s`)} AS position, ${FOUND} AS found
        FROM kept s ORDER BY n`,
    ),
  );
}
