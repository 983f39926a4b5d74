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
import type { Scope } from './scopes.ts';

/** A key as those who manage it see it. Times are RFC 3339. */
export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  scopes: Scope[];
  /** Who made it. */
  userId: string;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

const k = sql`k`;
const KEY = sql`json_build_object('id', k.id, 'name', k.name, 'prefix', k.prefix, 'scopes', k.scopes, 'userId', k.user_id,
  'createdAt', ${rfc3339(sql`k.created_at`)}, 'expiresAt', ${rfc3339(sql`k.expires_at`)},
  'lastUsedAt', ${rfc3339(sql`k.last_used_at`)})`;

export interface NewKey {
  id: string;
  organisationId: string;
  userId: string;
  name: string;
  prefix: string;
  hash: string;
  scopes: readonly Scope[];
  /** RFC 3339 */
  expiresAt: string | null;
}

/**
 * Keeps a new key. One that has the id already was made by a try of the same request that died before anybody saw the key, so
 * this one takes its place.
 *
 * @returns null when it would have expired before it was made
 */
export async function insertApiKey(db: Database, key: NewKey): Promise<ApiKey | null> {
  const { id, organisationId, userId, name, prefix, hash, scopes, expiresAt } = key;
  const [row] = await query<{ key: ApiKey }>(
    db,
    sql`WITH k AS (
      INSERT INTO api_keys AS o (id, organisation_id, user_id, name, prefix, hash, scopes, expires_at)
      SELECT ${id}::text, ${organisationId}::text, ${userId}::text, ${name}::text, ${prefix}::text, ${hash}::text,
        ${sql.param([...scopes])}::text[], ${expiresAt}::timestamptz
      WHERE ${expiresAt}::timestamptz IS NULL OR ${expiresAt}::timestamptz > engine_now()
      ON CONFLICT (id) DO UPDATE SET prefix = excluded.prefix, hash = excluded.hash
        WHERE o.organisation_id = excluded.organisation_id AND o.user_id = excluded.user_id AND o.last_used_at IS NULL
      RETURNING *
    ) SELECT ${KEY} AS key FROM k`,
  );
  return row?.key ?? null;
}

/** A key of this organisation that was not revoked. */
export async function findApiKey(
  db: Database,
  organisationId: string,
  apiKeyId: string,
): Promise<ApiKey | null> {
  const [row] = await query<{ key: ApiKey }>(
    db,
    sql`SELECT ${KEY} AS key FROM api_keys k
      WHERE id = ${apiKeyId}::text AND organisation_id = ${organisationId}::text AND revoked_at IS NULL`,
  );
  return row?.key ?? null;
}

/** The organisation's keys that were not revoked, newest first. */
export async function listApiKeys(
  db: Database,
  input: { organisationId: string; limit: number; after: RowPosition | undefined },
): Promise<Listed<ApiKey>> {
  const rows = sql`SELECT k.* FROM api_keys k
    WHERE k.organisation_id = ${input.organisationId}::text AND k.revoked_at IS NULL AND ${after(k, input.after)}
    ORDER BY k.created_at DESC, k.id DESC LIMIT ${input.limit + 1}::int`;
  const bytes = sql`octet_length(name)`;
  return toListed(
    await query<{ item: ApiKey; position: RowPosition; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`created_at DESC, id DESC`, bytes, limit: input.limit })}
        SELECT ${KEY} AS item, ${positionOf(k)} AS position, ${FOUND} AS found FROM kept k ORDER BY n`,
    ),
  );
}

/** @returns false when there is none, or it was revoked before */
export async function revokeApiKey(db: Database, organisationId: string, apiKeyId: string): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    db,
    sql`UPDATE api_keys SET revoked_at = engine_now()
      WHERE id = ${apiKeyId}::text AND organisation_id = ${organisationId}::text AND revoked_at IS NULL RETURNING id`,
  );
  return row !== undefined;
}
