import { sql } from 'drizzle-orm';
import { type Database, query } from './database.ts';

/** How long somebody may take at GitHub. */
const SIGN_IN_LIFE = sql`interval '10 minutes'`;

/** What a sign-in is bound to from its beginning. */
export type SignIn = { codeChallenge: string; redirectUri: string };

/**
 * Keeps what a sign-in began with, under the hash of its `state`. The same beginning again is the same sign-in, once more.
 *
 * @returns false when the state belongs to another
 */
export async function beginSignIn(db: Database, stateHash: string, signIn: SignIn): Promise<boolean> {
  const [row] = await query<{ stateHash: string }>(
    db,
    sql`INSERT INTO sign_ins AS s (state_hash, code_challenge, redirect_uri, expires_at)
      VALUES (${stateHash}, ${signIn.codeChallenge}, ${signIn.redirectUri}, engine_now() + ${SIGN_IN_LIFE})
      ON CONFLICT (state_hash) DO UPDATE SET expires_at = excluded.expires_at,
        code_challenge = excluded.code_challenge, redirect_uri = excluded.redirect_uri
        WHERE s.expires_at <= engine_now()
          OR (s.code_challenge = excluded.code_challenge AND s.redirect_uri = excluded.redirect_uri)
      RETURNING state_hash AS "stateHash"`,
  );
  return row !== undefined;
}

/** What a sign-in under way began with; null when there is none. `startSession` ends it. */
export async function findSignIn(db: Database, stateHash: string): Promise<SignIn | null> {
  const [row] = await query<SignIn>(
    db,
    sql`SELECT code_challenge AS "codeChallenge", redirect_uri AS "redirectUri" FROM sign_ins
      WHERE state_hash = ${stateHash} AND expires_at > engine_now()`,
  );
  return row ?? null;
}

/** Forgets sign-ins and tickets that nobody ended in time. */
export async function forgetSignIns(db: Database): Promise<void> {
  await query(
    db,
    sql`WITH tickets AS (DELETE FROM stream_tickets WHERE expires_at <= engine_now())
      DELETE FROM sign_ins WHERE expires_at <= engine_now()`,
  );
}
