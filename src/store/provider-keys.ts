import { sql } from 'drizzle-orm';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';

/** A user's own key at a provider, as they see it. Times are RFC 3339. */
export type ProviderKey = {
  provider: string;
  lastFour: string;
  createdAt: string;
  updatedAt: string;
};

const SHOWN = sql`provider, last_four AS "lastFour", ${rfc3339(sql`created_at`)} AS "createdAt",
  ${rfc3339(sql`updated_at`)} AS "updatedAt"`;

/** A user's keys, by provider. */
export const listProviderKeys = (db: Database, userId: string): Promise<ProviderKey[]> =>
  query<ProviderKey>(
    db,
    sql`SELECT ${SHOWN} FROM provider_keys WHERE user_id = ${userId}::text ORDER BY provider`,
  );

/** Where a user has keys of their own; the one whose agent it is, for an agent. */
export async function keyedProviders(
  db: Database,
  who: { userId: string } | { agentId: string },
): Promise<string[]> {
  const userId =
    'userId' in who
      ? sql`${who.userId}::text`
      : sql`(SELECT user_id FROM agents WHERE id = ${who.agentId}::text)`;
  const rows = await query<{ provider: string }>(
    db,
    sql`SELECT provider FROM provider_keys WHERE user_id = ${userId}`,
  );
  return rows.map(({ provider }) => provider);
}

/** Keeps a user's key in place of the one before. Null for a stranger. */
export async function putProviderKey(
  db: Database,
  key: { userId: string; provider: string; sealedKey: string; lastFour: string },
): Promise<ProviderKey | null> {
  const { userId, provider, sealedKey, lastFour } = key;
  const [row] = await query<ProviderKey>(
    db,
    sql`INSERT INTO provider_keys (user_id, provider, sealed_key, last_four)
      SELECT id, ${provider}::text, ${sealedKey}::text, ${lastFour}::text FROM users WHERE id = ${userId}::text
      ON CONFLICT (user_id, provider) DO UPDATE SET sealed_key = excluded.sealed_key, last_four = excluded.last_four,
        updated_at = engine_now()
      RETURNING ${SHOWN}`,
  );
  return row ?? null;
}

/** @returns false when there is none */
export async function deleteProviderKey(db: Database, userId: string, provider: string): Promise<boolean> {
  const [row] = await query<{ provider: string }>(
    db,
    sql`DELETE FROM provider_keys WHERE user_id = ${userId}::text AND provider = ${provider}::text RETURNING provider`,
  );
  return row !== undefined;
}
