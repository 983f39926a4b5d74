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
import { toText } from './json.ts';
import { ms } from './runs/move.ts';
import type { DisabledReason } from './webhook-types.ts';

/** An endpoint as those who manage it see it. Times are RFC 3339. */
export interface WebhookEndpoint {
  id: string;
  url: string;
  /** Types of events; `*` for all. */
  events: string[];
  description: string | null;
  disabled: boolean;
  disabledReason: DisabledReason | null;
  failingSince: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface WhichEndpoint {
  organisationId: string;
  webhookEndpointId: string;
}

const w = sql`w`;
const ENDPOINT = sql`json_build_object('id', w.id, 'url', w.url, 'events', w.events, 'description', w.description,
  'disabled', w.disabled_at IS NOT NULL, 'disabledReason', w.disabled_reason, 'failingSince', ${rfc3339(sql`w.failing_since`)},
  'createdAt', ${rfc3339(sql`w.created_at`)}, 'updatedAt', ${rfc3339(sql`w.updated_at`)})`;

/** More than these sign with nobody's knowledge: the oldest is forgotten. */
const MOST_OLD_SECRETS = 4;

const isThis = ({ organisationId, webhookEndpointId }: WhichEndpoint) =>
  sql`id = ${webhookEndpointId}::text AND organisation_id = ${organisationId}::text`;

async function one(db: Database, statement: SQL): Promise<WebhookEndpoint | null> {
  const [row] = await query<{ endpoint: WebhookEndpoint }>(db, statement);
  return row?.endpoint ?? null;
}

export interface NewEndpoint {
  id: string;
  organisationId: string;
  url: string;
  events: readonly string[];
  description: string | null;
  /** Sealed. */
  secret: string;
}

/**
 * Keeps a new endpoint. One that has the id already was made by a try of the same request that died before anybody saw its
 * secret, so it gets this one's.
 *
 * @returns null when the organisation has `most` already; two made at one moment may be one too many, which harms nobody
 */
export function insertEndpoint(
  db: Database,
  endpoint: NewEndpoint,
  most: number,
): Promise<WebhookEndpoint | null> {
  const { id, organisationId, url, events, description, secret } = endpoint;
  return one(
    db,
    sql`WITH w AS (
      INSERT INTO webhook_endpoints AS o (id, organisation_id, url, events, description, secret, enabled_at)
      SELECT ${id}::text, ${organisationId}::text, ${toText(url)}::text, ${sql.param([...events])}::text[],
        ${description}::text, ${secret}::text, engine_now()
      WHERE (SELECT count(*) FROM webhook_endpoints WHERE organisation_id = ${organisationId}::text AND id <> ${id}::text)
        < ${most}::int
      ON CONFLICT (id) DO UPDATE SET secret = excluded.secret WHERE o.organisation_id = excluded.organisation_id
      RETURNING *
    ) SELECT ${ENDPOINT} AS endpoint FROM w`,
  );
}

export const findEndpoint = (db: Database, which: WhichEndpoint): Promise<WebhookEndpoint | null> =>
  one(db, sql`SELECT ${ENDPOINT} AS endpoint FROM webhook_endpoints w WHERE ${isThis(which)}`);

/** The organisation's endpoints, newest first. */
export async function listEndpoints(
  db: Database,
  input: { organisationId: string; limit: number; after: RowPosition | undefined },
): Promise<Listed<WebhookEndpoint>> {
  const rows = sql`SELECT w.* FROM webhook_endpoints w
    WHERE w.organisation_id = ${input.organisationId}::text AND ${after(w, input.after)}
    ORDER BY w.created_at DESC, w.id DESC LIMIT ${input.limit + 1}::int`;
  const bytes = sql`octet_length(url) + octet_length(COALESCE(description, ''))`;
  return toListed(
    await query<{ item: WebhookEndpoint; position: RowPosition; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`created_at DESC, id DESC`, bytes, limit: input.limit })}
        SELECT ${ENDPOINT} AS item, ${positionOf(w)} AS position, ${FOUND} AS found FROM kept w ORDER BY n`,
    ),
  );
}

export interface EndpointChanges {
  url?: string | undefined;
  events?: readonly string[] | undefined;
  description?: string | null | undefined;
  disabled?: boolean | undefined;
}

/** Changes what is given. One that is enabled anew is told of what happens from then on. */
export function updateEndpoint(
  db: Database,
  which: WhichEndpoint,
  { url, events, description, disabled }: EndpointChanges,
): Promise<WebhookEndpoint | null> {
  const set = [sql`updated_at = engine_now()`];
  if (url !== undefined) set.push(sql`url = ${toText(url)}::text`);
  if (events !== undefined) set.push(sql`events = ${sql.param([...events])}::text[]`);
  if (description !== undefined) set.push(sql`description = ${description}::text`);
  if (disabled === true) {
    set.push(
      sql`disabled_reason = COALESCE(disabled_reason, 'byRequest')`,
      sql`disabled_at = COALESCE(disabled_at, engine_now())`,
    );
  }
  if (disabled === false) {
    set.push(
      sql`enabled_at = CASE WHEN disabled_at IS NULL THEN enabled_at ELSE engine_now() END`,
      sql`disabled_at = NULL`,
      sql`disabled_reason = NULL`,
      sql`failing_since = NULL`,
    );
  }
  return one(
    db,
    sql`WITH w AS (
      UPDATE webhook_endpoints SET ${sql.join(set, sql`, `)} WHERE ${isThis(which)} RETURNING *
    ) SELECT ${ENDPOINT} AS endpoint FROM w`,
  );
}

/** Gives an endpoint another secret; the one it had signs too for `keepMs`, as do those before it until their time is up. */
export function rotateSecret(
  db: Database,
  which: WhichEndpoint,
  { secret, keepMs }: { secret: string; keepMs: number },
): Promise<WebhookEndpoint | null> {
  return one(
    db,
    sql`WITH w AS (
      UPDATE webhook_endpoints AS o SET secret = ${secret}::text, updated_at = engine_now(),
        old_secrets = (SELECT jsonb_agg(old.value ORDER BY old.n) FROM (
          SELECT value, n FROM jsonb_array_elements(jsonb_build_array(jsonb_build_object('sealed', o.secret,
            'until', ${rfc3339(sql`(engine_now() + ${ms(keepMs)})`)})) || o.old_secrets) WITH ORDINALITY AS e (value, n)
          WHERE (value ->> 'until')::timestamptz > engine_now() ORDER BY n LIMIT ${MOST_OLD_SECRETS}::int) old)
      WHERE ${isThis(which)} RETURNING *
    ) SELECT ${ENDPOINT} AS endpoint FROM w`,
  );
}

/** Removes an endpoint, and its deliveries with it. @returns false when there is none */
export async function deleteEndpoint(db: Database, which: WhichEndpoint): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    db,
    sql`DELETE FROM webhook_endpoints WHERE ${isThis(which)} RETURNING id`,
  );
  return row !== undefined;
}
