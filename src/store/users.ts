import { type SQL, sql } from 'drizzle-orm';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { keptAs, type SealedGithubToken } from './github-tokens.ts';
import { sqlState, UNIQUE_VIOLATION } from './operation.ts';

/** A person as they see themselves. `login` is GitHub's, or for who has no account there what their issuer calls them. `createdAt` is RFC 3339. */
export interface User {
  id: string;
  login: string;
  name: string | null;
  email: string | null;
  avatarUrl: string | null;
  githubLinked: boolean;
  createdAt: string;
}

export interface GitHubProfile {
  githubId: number;
  login: string;
  name: string | null;
  email: string | null;
  avatarUrl: string | null;
}

const USER_COLUMNS = sql`id, login, name, email, avatar_url AS "avatarUrl",
  github_id IS NOT NULL AS "githubLinked",
  ${rfc3339(sql`created_at`)} AS "createdAt"`;

/**
 * Adds whoever signs in for the first time, with their personal organisation, and brings the others up to date.
 *
 * @param newId of a user that is added
 */
export async function upsertUser(db: Database, newId: string, profile: GitHubProfile): Promise<User> {
  const { githubId, login, name, email, avatarUrl } = profile;
  const [user] = await rows(
    db,
    sql`
    WITH person AS (
      INSERT INTO users (id, github_id, login, name, email, avatar_url)
      VALUES (${newId}, ${githubId}::bigint, ${login}, ${name}, ${email}, ${avatarUrl})
      ON CONFLICT (github_id) DO UPDATE SET
        login = excluded.login, name = excluded.name, email = excluded.email, avatar_url = excluded.avatar_url,
        updated_at = engine_now()
      RETURNING *
    ), personal AS (
      INSERT INTO organisations (id, name, personal_of) SELECT replace(id, 'user_', 'org_'), login, id FROM person
      ON CONFLICT (personal_of) DO NOTHING RETURNING id, personal_of
    ), owner AS (
      INSERT INTO members (organisation_id, user_id, role) SELECT id, personal_of, 'owner' FROM personal
    )
    SELECT ${USER_COLUMNS} FROM person`,
  );
  if (user === undefined) throw new Error('an upsert gave no row');
  return user;
}

export async function findUser(db: Database, userId: string): Promise<User | null> {
  const [user] = await rows(db, sql`SELECT ${USER_COLUMNS} FROM users WHERE id = ${userId}`);
  return user ?? null;
}

/** What came of linking a GitHub account: the user, or that another one has it. */
export type Linking = { outcome: 'linked'; user: User } | { outcome: 'taken' | 'unknown' };

/**
 * Ends a sign-in by giving its GitHub account to somebody who is here already.
 *
 * @returns `unknown` when the sign-in had ended, or they have another account
 */
export async function linkGithub(
  db: Database,
  link: { userId: string; stateHash: string; profile: GitHubProfile; githubToken: SealedGithubToken },
): Promise<Linking> {
  const { userId, stateHash, githubToken } = link;
  const { githubId, login, name, email, avatarUrl } = link.profile;
  try {
    const [user] = await rows(
      db,
      sql`WITH ended AS (
        DELETE FROM sign_ins WHERE state_hash = ${stateHash}::text AND expires_at > engine_now() RETURNING state_hash
      )
      UPDATE users SET github_id = ${githubId}::bigint, login = ${login}::text, name = ${name}::text, email = ${email}::text,
        avatar_url = ${avatarUrl}::text, ${keptAs(githubToken)}, updated_at = engine_now()
      FROM ended WHERE id = ${userId}::text AND COALESCE(github_id, ${githubId}::bigint) = ${githubId}::bigint
      RETURNING ${USER_COLUMNS}`,
    );
    return user === undefined ? { outcome: 'unknown' } : { outcome: 'linked', user };
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) return { outcome: 'taken' };
    throw error;
  }
}

/** What a user may spend in a day (UTC) by their own word, and has; the rest is the deployment's business. */
export type DailyCost = { limitMicroUsd: number | null; spentMicroUsd: number };

/** Null for a stranger. */
export async function readDailyCost(db: Database, userId: string): Promise<DailyCost | null> {
  const [row] = await query<DailyCost>(
    db,
    sql`SELECT daily_cost_limit_micro_usd::float8 AS "limitMicroUsd",
      COALESCE((SELECT spent_micro_usd FROM daily_costs d WHERE d.user_id = users.id
        AND d.day = (engine_now() AT TIME ZONE 'UTC')::date), 0)::float8 AS "spentMicroUsd"
      FROM users WHERE id = ${userId}`,
  );
  return row ?? null;
}

/** Null leaves the limit to the deployment. */
export async function setDailyLimit(db: Database, userId: string, microUsd: number | null): Promise<void> {
  await query(
    db,
    sql`UPDATE users SET daily_cost_limit_micro_usd = ${microUsd}::bigint, updated_at = engine_now()
      WHERE id = ${userId}`,
  );
}

const rows = (db: Database, statement: SQL) => query<{ [Key in keyof User]: User[Key] }>(db, statement);
