import { type SQL, sql } from 'drizzle-orm';
import type { MemoryScope } from '../memory/memory.ts';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { toText } from './json.ts';
import { writeOnce } from './operation.ts';
import { fits } from './runs/memories.ts';
import type { MemoryEntry } from './states.ts';

/** What is remembered under a key. */
export type StoredMemory = { key: string; scope: MemoryScope } & MemoryEntry;

/** Whose memories: an agent's with an `agentId`, else the organisation's. Nobody's where the two do not belong together. */
export interface MemoryOwner {
  organisationId: string;
  agentId?: string | undefined;
}

const scopeOf = ({ agentId }: MemoryOwner): MemoryScope => (agentId === undefined ? 'organisation' : 'agent');

const rowOf = ({ organisationId, agentId }: MemoryOwner) =>
  agentId === undefined
    ? { table: sql`organisations`, where: sql`o.id = ${organisationId}::text` }
    : {
        table: sql`agents`,
        where: sql`o.id = ${agentId}::text AND o.organisation_id = ${organisationId}::text`,
      };

/** Words looked for, as PostgreSQL's text search takes them: any of them, whatever else stands there. */
const anyOf = (words: string) =>
  sql`websearch_to_tsquery('english', ${(toText(words).match(/[\p{L}\p{N}]+/gu) ?? []).join(' or ')}::text)`;

const ALL = sql`true`;

/** The memories of an owner by key or, where they are looked for, those with any of the words, best first. */
const found = (owner: MemoryOwner, { where = ALL, words }: { where?: SQL; words?: string | undefined }) => {
  const { table, where: isOwner } = rowOf(owner);
  const document = sql`to_tsvector('english', translate(m.key, '_.-', '   ') || ' ' || (m.value ->> 'value'))`;
  return sql`SELECT ${scopeOf(owner)}::text AS scope, m.key, m.value AS entry,
      ${words === undefined ? sql`0` : sql`ts_rank(${document}, ${anyOf(words)})`} AS rank
    FROM ${table} o, jsonb_each(o.remembered) AS m
    WHERE ${isOwner} AND ${where} AND ${words === undefined ? ALL : sql`${document} @@ ${anyOf(words)}`}`;
};

type Row = { scope: MemoryScope; key: string; entry: MemoryEntry };

const toMemory = ({ scope, key, entry }: Row): StoredMemory => ({ key, scope, ...entry });

/** What is remembered, by key, or what has any of these words in it, best first. */
export async function listMemories(
  db: Database,
  owner: MemoryOwner,
  words: string | undefined,
): Promise<StoredMemory[]> {
  const rows = await query<Row>(db, sql`${found(owner, { words })} ORDER BY rank DESC, key COLLATE "C"`);
  return rows.map(toMemory);
}

/** Null when nothing is remembered under the key. */
export async function findMemory(
  db: Database,
  owner: MemoryOwner,
  key: string,
): Promise<StoredMemory | null> {
  const [row] = await query<Row>(db, found(owner, { where: sql`m.key = ${key}::text` }));
  return row ? toMemory(row) : null;
}

/**
 * What an agent and its organisation remember that has any of these words in it, best first.
 *
 * @param input.limit how many at most
 */
export async function recallMemories(
  db: Database,
  input: { runId: string; words: string; limit: number },
): Promise<StoredMemory[]> {
  const mine = (id: SQL) => sql`o.id = (SELECT ${id} FROM runs WHERE runs.id = ${input.runId}::text)`;
  const looked = (
    table: SQL,
    id: SQL,
    scope: MemoryScope,
  ) => sql`SELECT ${scope}::text AS scope, m.key, m.value
    FROM ${table} o, jsonb_each(o.remembered) AS m WHERE ${mine(id)}`;
  const statement = sql`SELECT json_agg(json_build_object('scope', scope, 'key', key, 'entry', value) ORDER BY rank DESC, scope, key) AS rows
    FROM (SELECT scope, key, value, ts_rank(document, wanted) AS rank FROM (
      ${looked(sql`agents`, sql`agent_id`, 'agent')} UNION ALL
      ${looked(sql`organisations`, sql`organisation_id`, 'organisation')}) AS both_scopes,
      LATERAL (SELECT to_tsvector('english', translate(key, '_.-', '   ') || ' ' || (value ->> 'value')) AS document,
        ${anyOf(input.words)} AS wanted) AS search
    WHERE document @@ wanted ORDER BY rank DESC, scope, key LIMIT ${input.limit}::int) AS best`;
  const answer = await writeOnce<{ rows: Row[] | null }>(db, statement, statement);
  return (answer?.rows ?? []).map(toMemory);
}

/**
 * A user's word on what is remembered under a key, in place of what was. How much there may be is decided on the owner's row (E1).
 *
 * @returns null when there is no room for it, or no such owner
 */
export async function putMemory(
  db: Database,
  owner: MemoryOwner,
  { key, value, userId }: { key: string; value: string; userId: string },
): Promise<StoredMemory | null> {
  const { table, where } = rowOf(owner);
  const entry = sql`jsonb_build_object('value', ${toText(value)}::text, 'agentId', NULL, 'runId', NULL, 'stepNo', NULL,
    'userId', ${userId}::text, 'updatedAt', ${rfc3339(sql`engine_now()`)})`;
  const changed = sql`o.remembered || jsonb_build_object(${key}::text, ${entry})`;
  const [row] = await query<{ entry: MemoryEntry }>(
    db,
    sql`UPDATE ${table} o SET remembered = ${changed} WHERE ${where} AND ${fits(scopeOf(owner), changed)}
      RETURNING remembered -> ${key}::text AS entry`,
  );
  return row ? { key, scope: scopeOf(owner), ...row.entry } : null;
}

/** @returns false when nothing is remembered under the key */
export async function deleteMemory(db: Database, owner: MemoryOwner, key: string): Promise<boolean> {
  const { table, where } = rowOf(owner);
  const [row] = await query<{ id: string }>(
    db,
    sql`UPDATE ${table} o SET remembered = remembered - ${key}::text
      WHERE ${where} AND remembered ? ${key}::text RETURNING id`,
  );
  return row !== undefined;
}
