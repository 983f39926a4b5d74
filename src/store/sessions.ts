import { sql } from 'drizzle-orm';
import { type Database, query } from './database.ts';

/** A session ends this long after the sign-in, however often it is refreshed. */
const SESSION_LIFE = sql`interval '30 days'`;
/** A token that was just replaced is still answered this long, with the same successor, while nobody has used that. */
const GRACE = sql`interval '2 minutes'`;

/**
 * Starts a session and keeps the GitHub token that came with it; throws away the user's sessions that are long over.
 * `refreshHash` is the hash of its first refresh token.
 */
export async function startSession(
  db: Database,
  session: { id: string; userId: string; refreshHash: string; sealedGithubToken: string | null },
): Promise<void> {
  await db.execute(sql`
    WITH keep_token AS (
      UPDATE users SET sealed_github_token = COALESCE(${session.sealedGithubToken}::text, sealed_github_token), updated_at = engine_now()
      WHERE id = ${session.userId}
    ), forget AS (
      DELETE FROM sessions WHERE user_id = ${session.userId} AND expires_at < engine_now()
    )
    INSERT INTO sessions (id, user_id, current_hash, expires_at)
    VALUES (${session.id}, ${session.userId}, ${session.refreshHash}, engine_now() + ${SESSION_LIFE})`);
}

/**
 * What presenting a refresh token came to. `granted`: the successor is now the session's token, by this request or by one
 * shortly before whose answer was lost. `reused`: the token had been replaced, so it was stolen or kept, and the whole
 * session was revoked by this very request. `revoked`: that happened earlier, or the user signed out.
 */
export type Rotation =
  | { outcome: 'granted'; userId: string }
  | { outcome: 'reused' | 'revoked' | 'expired' | 'unknown' };

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
  return row.outcome === 'granted' ? { outcome: 'granted', userId: row.userId } : { outcome: row.outcome };
}

/** Ends a session for good. Ending it again changes nothing. */
export async function endSession(db: Database, sessionId: string): Promise<void> {
  await db.execute(
    sql`UPDATE sessions SET revoked_at = engine_now() WHERE id = ${sessionId} AND revoked_at IS NULL`,
  );
}
