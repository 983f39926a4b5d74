import { type SQL, sql } from 'drizzle-orm';
import { type Database, query } from './database.ts';

/** Somebody who looks on: for which organisation, and by what they were let in. */
export interface Viewer {
  userId: string;
  organisationId: string;
  credential:
    | { kind: 'session'; sessionId: string }
    | { kind: 'apiKey'; apiKeyId: string }
    | { kind: 'issuer'; issuer: string };
}

/** Whether a viewer would still be let in: a member yet, and what they showed was not revoked. That it expires, they know. */
export function stands({ userId, organisationId, credential }: Viewer): SQL {
  const good = isGood(credential);
  return sql`(${good} AND EXISTS (SELECT 1 FROM members m
    WHERE m.organisation_id = ${organisationId}::text AND m.user_id = ${userId}::text))`;
}

function isGood(credential: Viewer['credential']): SQL {
  switch (credential.kind) {
    case 'session':
      return sql`EXISTS (SELECT 1 FROM sessions s WHERE s.id = ${credential.sessionId}::text AND s.revoked_at IS NULL)`;
    case 'apiKey':
      return sql`EXISTS (SELECT 1 FROM api_keys k WHERE k.id = ${credential.apiKeyId}::text AND k.revoked_at IS NULL)`;
    case 'issuer':
      return sql`true`;
  }
}

/** So many agents' streams are told at once; what else is open finds out by itself. */
const MOST_TOLD = 200;

/** The agents that an organisation's, or a user's, streams may follow: those that changed last. */
export async function listStreamedAgents(
  db: Database,
  of: { organisationId: string } | { userId: string },
): Promise<string[]> {
  const isTheirs =
    'userId' in of
      ? sql`a.organisation_id IN (SELECT m.organisation_id FROM members m WHERE m.user_id = ${of.userId}::text)`
      : sql`a.organisation_id = ${of.organisationId}::text`;
  const rows = await query<{ id: string }>(
    db,
    sql`SELECT a.id FROM agents a WHERE ${isTheirs} AND a.archived_at IS NULL
      ORDER BY GREATEST(a.updated_at, (SELECT max(r.created_at) FROM runs r WHERE r.agent_id = a.id)) DESC
      LIMIT ${MOST_TOLD}`,
  );
  return rows.map(({ id }) => id);
}
