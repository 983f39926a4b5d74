import { sql } from 'drizzle-orm';
import { type Database, query } from './database.ts';
import { writeOnce } from './operation.ts';

/** A token is refreshed when it has no more than this left. */
const MARGIN = sql`interval '5 minutes'`;
/**
 * Longer than whoever refreshes can take, so that an answer of GitHub's that came is kept before another one asks: 15 seconds for the
 * answer that the lease is theirs, 10 for GitHub's, 15 to keep it.
 */
const LEASE = sql`interval '45 seconds'`;

/** What GitHub gave us for a user, sealed for their row. Of an OAuth app there is neither a refresh token nor an expiry. */
export interface SealedGithubToken {
  sealedToken: string;
  sealedRefreshToken: string | null;
  expiresInSeconds: number | null;
}

/** Sets the columns of a user to a token that has just come. */
export const keptAs = ({ sealedToken, sealedRefreshToken, expiresInSeconds }: SealedGithubToken) =>
  sql`sealed_github_token = ${sealedToken}::text, sealed_github_refresh_token = ${sealedRefreshToken}::text,
    github_token_expires_at = engine_now() + make_interval(secs => ${expiresInSeconds}::float8), github_token_no = github_token_no + 1,
    github_refresh_until = NULL`;

/** Whether a user's token is good for a while yet, as far as we know. */
export const isFresh = (u = sql`users`) =>
  sql`COALESCE(${u}.github_token_expires_at > engine_now() + ${MARGIN}, true)`;

/** A user's way to GitHub. `isFresh` is false when the token expires soon or has; `isRefreshing` while somebody gets another. */
export type GithubAccess = {
  isLinked: boolean;
  sealedToken: string | null;
  sealedRefreshToken: string | null;
  tokenNo: number;
  isFresh: boolean;
  isRefreshing: boolean;
};

/** Null for a stranger. */
export async function findGithubAccess(db: Database, userId: string): Promise<GithubAccess | null> {
  const [row] = await query<GithubAccess>(
    db,
    sql`SELECT github_id IS NOT NULL AS "isLinked", sealed_github_token AS "sealedToken",
      sealed_github_refresh_token AS "sealedRefreshToken", github_token_no AS "tokenNo", ${isFresh()} AS "isFresh",
      COALESCE(github_refresh_until > engine_now(), false) AS "isRefreshing"
      FROM users WHERE id = ${userId}::text`,
  );
  return row ?? null;
}

/** The token that is replaced, as it was read. Its seal does not name it: that changes when the key of our seals does. */
export interface Seen {
  userId: string;
  tokenNo: number;
}

const asSeen = ({ userId, tokenNo }: Seen) =>
  sql`id = ${userId}::text AND github_token_no = ${tokenNo}::integer`;

/** Takes it upon itself to refresh a token. Of many that find it expired one wins: a refresh token is good once. */
export async function takeRefresh(db: Database, seen: Seen): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    db,
    sql`UPDATE users SET github_refresh_until = engine_now() + ${LEASE} WHERE ${asSeen(seen)} AND NOT ${isFresh()}
      AND COALESCE(github_refresh_until <= engine_now(), true) RETURNING id`,
  );
  return row !== undefined;
}

/** @returns false when the user has signed in meanwhile, and what they brought is kept */
export async function keepRefreshed(db: Database, seen: Seen, token: SealedGithubToken): Promise<boolean> {
  const row = await writeOnce<{ id: string }>(
    db,
    sql`UPDATE users SET ${keptAs(token)}, updated_at = engine_now() WHERE ${asSeen(seen)} RETURNING id`,
    // Not found when it was sealed anew or replaced since: then there is another one to look at.
    sql`SELECT id FROM users WHERE id = ${seen.userId}::text AND sealed_github_token = ${token.sealedToken}::text`,
  );
  return row !== null;
}

/** Lets the next one try: what came of this try is not known. */
export async function releaseRefresh(db: Database, seen: Seen): Promise<void> {
  await query(db, sql`UPDATE users SET github_refresh_until = NULL WHERE ${asSeen(seen)}`);
}

/** Forgets tokens that GitHub takes no more. @returns false when the user has signed in meanwhile */
export async function forgetGithubToken(db: Database, seen: Seen): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    db,
    sql`UPDATE users SET sealed_github_token = NULL, sealed_github_refresh_token = NULL, github_token_expires_at = NULL,
      github_token_no = github_token_no + 1, github_refresh_until = NULL, updated_at = engine_now() WHERE ${asSeen(seen)} RETURNING id`,
  );
  return row !== undefined;
}
