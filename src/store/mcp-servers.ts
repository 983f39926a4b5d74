import { type SQL, sql } from 'drizzle-orm';
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
import { toJson, toText } from './json.ts';
import type { McpToolDefinition } from './mcp-types.ts';

/** A remote MCP server as its organisation sees it. Times are RFC 3339. */
export interface McpServer {
  id: string;
  name: string;
  url: string;
  headerNames: string[];
  trustsHints: boolean;
  toolCount: number;
  fetchedAt: string;
  createdAt: string;
  updatedAt: string;
}

export interface WhichServer {
  organisationId: string;
  mcpServerId: string;
}

/** What it offers. */
export type Offered = {
  tools: McpToolDefinition[];
  leftOut: number;
};

const m = sql`m`;
const SERVER = sql`json_build_object('id', m.id, 'name', m.name, 'url', m.url, 'headerNames', m.header_names,
  'trustsHints', m.trusts_hints, 'toolCount', jsonb_array_length(m.tools), 'fetchedAt', ${rfc3339(sql`m.fetched_at`)},
  'createdAt', ${rfc3339(sql`m.created_at`)}, 'updatedAt', ${rfc3339(sql`m.updated_at`)})`;

const isThis = ({ organisationId, mcpServerId }: WhichServer) =>
  sql`id = ${mcpServerId}::text AND organisation_id = ${organisationId}::text`;

async function one(db: Database, statement: SQL): Promise<McpServer | null> {
  const [row] = await query<{ server: McpServer }>(db, statement);
  return row?.server ?? null;
}

export interface NewServer extends WhichServer {
  name: string;
  url: string;
  /** Sealed. */
  headers: string | null;
  headerNames: readonly string[];
  trustsHints: boolean;
  offered: Offered;
}

/**
 * Keeps a new server.
 *
 * @returns null when the organisation has one of that name, or `most` already; two made at one moment may be one too many,
 * which harms nobody
 */
export function insertServer(db: Database, server: NewServer, most: number): Promise<McpServer | null> {
  const { organisationId, offered } = server;
  return one(
    db,
    sql`WITH m AS (
      INSERT INTO mcp_servers (id, organisation_id, name, url, headers, header_names, trusts_hints, tools, tools_left_out, fetched_at)
      SELECT ${server.mcpServerId}::text, ${organisationId}::text, ${server.name}::text, ${toText(server.url)}::text,
        ${server.headers}::text, ${sql.param([...server.headerNames])}::text[], ${server.trustsHints}::boolean,
        ${toJson(offered.tools)}::jsonb, ${offered.leftOut}::int, engine_now()
      WHERE (SELECT count(*) FROM mcp_servers WHERE organisation_id = ${organisationId}::text) < ${most}::int
      ON CONFLICT DO NOTHING
      RETURNING *
    ) SELECT ${SERVER} AS server FROM m`,
  );
}

export const findServer = (db: Database, which: WhichServer): Promise<McpServer | null> =>
  one(db, sql`SELECT ${SERVER} AS server FROM mcp_servers m WHERE ${isThis(which)}`);

/** The sealed headers of a server; null for none. */
export async function readHeaders(db: Database, which: WhichServer): Promise<string | null> {
  const [row] = await query<{ headers: string | null }>(
    db,
    sql`SELECT headers FROM mcp_servers WHERE ${isThis(which)}`,
  );
  return row?.headers ?? null;
}

/** What a server offered when it was last asked. */
export async function readOffered(
  db: Database,
  which: WhichServer,
): Promise<(Offered & { fetchedAt: string }) | null> {
  const [row] = await query<Offered & { fetchedAt: string }>(
    db,
    sql`SELECT tools, tools_left_out AS "leftOut", ${rfc3339(sql`fetched_at`)} AS "fetchedAt"
      FROM mcp_servers WHERE ${isThis(which)}`,
  );
  return row ?? null;
}

/** The organisation's servers, newest first. */
export async function listServers(
  db: Database,
  input: { organisationId: string; limit: number; after: RowPosition | undefined },
): Promise<Listed<McpServer>> {
  const rows = sql`SELECT m.* FROM mcp_servers m
    WHERE m.organisation_id = ${input.organisationId}::text AND ${after(m, input.after)}
    ORDER BY m.created_at DESC, m.id DESC LIMIT ${input.limit + 1}::int`;
  return toListed(
    await query<{ item: McpServer; position: RowPosition; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`created_at DESC, id DESC`, bytes: sql`octet_length(url)`, limit: input.limit })}
        SELECT ${SERVER} AS item, ${positionOf(m)} AS position, ${FOUND} AS found FROM kept m ORDER BY n`,
    ),
  );
}

/** Which of these are the organisation's. */
export async function knownServers(
  db: Database,
  organisationId: string,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await query<{ id: string }>(
    db,
    sql`SELECT id FROM mcp_servers WHERE organisation_id = ${organisationId}::text AND id = ANY(${sql.param([...ids])}::text[])`,
  );
  return rows.map(({ id }) => id);
}

export interface ServerChanges {
  url?: string | undefined;
  /** Sealed, with their names; null takes them away. */
  headers?: { sealed: string; names: readonly string[] } | null | undefined;
  trustsHints?: boolean | undefined;
  offered?: Offered | undefined;
}

/** Changes what is given. Runs under way go to the new address with the new headers, and keep the tools that they know. */
export function updateServer(
  db: Database,
  which: WhichServer,
  { url, headers, trustsHints, offered }: ServerChanges,
): Promise<McpServer | null> {
  const set = [sql`updated_at = engine_now()`];
  if (url !== undefined) set.push(sql`url = ${toText(url)}::text`);
  if (headers !== undefined) {
    set.push(
      sql`headers = ${headers?.sealed ?? null}::text`,
      sql`header_names = ${sql.param([...(headers?.names ?? [])])}::text[]`,
    );
  }
  if (trustsHints !== undefined) set.push(sql`trusts_hints = ${trustsHints}::boolean`);
  if (offered !== undefined) {
    set.push(
      sql`tools = ${toJson(offered.tools)}::jsonb`,
      sql`tools_left_out = ${offered.leftOut}::int`,
      sql`fetched_at = engine_now()`,
    );
  }
  return one(
    db,
    sql`WITH m AS (UPDATE mcp_servers SET ${sql.join(set, sql`, `)} WHERE ${isThis(which)} RETURNING *)
      SELECT ${SERVER} AS server FROM m`,
  );
}

/** Removes a server, and from the agents that name it. @returns false when there is none */
export async function deleteServer(db: Database, which: WhichServer): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    db,
    sql`WITH gone AS (DELETE FROM mcp_servers WHERE ${isThis(which)} RETURNING id), left_behind AS (
        UPDATE agents SET mcp_servers = array_remove(mcp_servers, gone.id) FROM gone
        WHERE agents.organisation_id = ${which.organisationId}::text AND gone.id = ANY(agents.mcp_servers))
      SELECT id FROM gone`,
  );
  return row !== undefined;
}

/**
 * What a run keeps of the servers that its agent names, for `runs.mcp_servers`.
 *
 * @param agent a row with columns of `agents`
 */
export const serversOf = (agent: SQL) =>
  sql`(SELECT COALESCE(jsonb_agg(jsonb_build_object('id', m.id, 'name', m.name, 'trustsHints', m.trusts_hints, 'tools', m.tools)
    ORDER BY m.name), '[]') FROM mcp_servers m WHERE m.id = ANY(${agent}.mcp_servers) AND m.organisation_id = ${agent}.organisation_id)`;

/**
 * The same with where they are by now.
 *
 * @param run a row with columns of `runs`
 */
export const reachedServers = (run: SQL) =>
  sql`(SELECT COALESCE(jsonb_agg(kept.value || jsonb_build_object('url', m.url, 'sealedHeaders', m.headers) ORDER BY kept.n), '[]')
    FROM jsonb_array_elements(${run}.mcp_servers) WITH ORDINALITY AS kept (value, n)
    LEFT JOIN mcp_servers m ON m.id = kept.value ->> 'id' AND m.organisation_id = ${run}.organisation_id)`;
