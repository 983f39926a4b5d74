import { sql } from 'drizzle-orm';
import type { RunEventType } from '../events/types.ts';
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
import type { PendingDelivery } from './webhook-outbox.ts';
import type { DeliveryState, DeliveryTry } from './webhook-types.ts';

/** A delivery as the log shows it. Times are RFC 3339. */
export interface WebhookDelivery {
  id: string;
  type: RunEventType | typeof TEST_EVENT;
  /** Null for a test. */
  runId: string | null;
  seq: number | null;
  state: DeliveryState;
  attempts: number;
  /** What the last answer was; null before there was one. */
  lastStatus: number | null;
  nextAttemptAt: string | null;
  /** The last tries, oldest first. */
  tries: DeliveryTry[];
  createdAt: string;
}

/** What is sent when somebody wants to see that it arrives. */
const TEST_EVENT = 'webhook.test';

const d = sql`d`;
const DELIVERY = sql`json_build_object('id', d.id, 'type', d.type, 'runId', d.run_id, 'seq', d.seq, 'state', d.state,
  'attempts', d.attempts, 'lastStatus', d.tries -> -1 -> 'status', 'nextAttemptAt', ${rfc3339(sql`d.next_try_at`)},
  'tries', d.tries, 'createdAt', ${rfc3339(sql`d.created_at`)})`;
const HINT = sql`d.id AS "deliveryId", d.endpoint_id AS "endpointId", d.try_no AS "tryNo", d.sweep_no AS "sweepNo", 0 AS "delayMs"`;

/** How soon the sweeper looks after a delivery that the queue did not bring back. */
export const DELIVERY_GRACE = sql`interval '60 seconds'`;

/** The endpoint's deliveries, newest first. */
export async function listDeliveries(
  db: Database,
  input: { webhookEndpointId: string; limit: number; after: RowPosition | undefined },
): Promise<Listed<WebhookDelivery>> {
  const rows = sql`SELECT d.* FROM webhook_deliveries d
    WHERE d.endpoint_id = ${input.webhookEndpointId}::text AND ${after(d, input.after)}
    ORDER BY d.created_at DESC, d.id DESC LIMIT ${input.limit + 1}::int`;
  const bytes = sql`octet_length(tries::text)`;
  return toListed(
    await query<{ item: WebhookDelivery; position: RowPosition; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`created_at DESC, id DESC`, bytes, limit: input.limit })}
        SELECT ${DELIVERY} AS item, ${positionOf(d)} AS position, ${FOUND} AS found FROM kept d ORDER BY n`,
    ),
  );
}

export interface Sent {
  delivery: WebhookDelivery;
  /** Null while a worker is at it. */
  pending: PendingDelivery | null;
}

type SentRow = PendingDelivery & { delivery: WebhookDelivery };

const toSent = ({ delivery, ...pending }: SentRow): Sent => ({ delivery, pending });

/** Makes a test delivery; one that a try of the same request has made stays as it is. */
export async function insertTest(
  db: Database,
  { id, webhookEndpointId }: { id: string; webhookEndpointId: string },
): Promise<Sent | null> {
  const [row] = await query<SentRow>(
    db,
    sql`WITH d AS (
      INSERT INTO webhook_deliveries (id, endpoint_id, type, next_try_at, sweep_after)
      SELECT ${id}::text, id, ${TEST_EVENT}::text, engine_now(), engine_now() + ${DELIVERY_GRACE}
      FROM webhook_endpoints WHERE id = ${webhookEndpointId}::text
      ON CONFLICT (id) DO UPDATE SET type = excluded.type RETURNING *
    ) SELECT ${DELIVERY} AS delivery, ${HINT} FROM d`,
  );
  return row ? toSent(row) : null;
}

/** Begins a delivery anew, whatever has become of it. One that a worker is at stays as it is. */
export async function restartDelivery(
  db: Database,
  { webhookEndpointId, deliveryId }: { webhookEndpointId: string; deliveryId: string },
): Promise<Sent | null> {
  const isThis = sql`id = ${deliveryId}::text AND endpoint_id = ${webhookEndpointId}::text`;
  const [row] = await query<SentRow>(
    db,
    sql`WITH d AS (
      UPDATE webhook_deliveries SET state = 'pending', failures = 0, try_no = try_no + 1, sending = false,
        next_try_at = engine_now(), sweep_after = engine_now() + ${DELIVERY_GRACE}
      WHERE ${isThis} AND NOT (sending AND sweep_after > engine_now()) RETURNING *
    ) SELECT ${DELIVERY} AS delivery, ${HINT} FROM d`,
  );
  if (row) return toSent(row);
  const [busy] = await query<{ delivery: WebhookDelivery }>(
    db,
    sql`SELECT ${DELIVERY} AS delivery FROM webhook_deliveries d WHERE ${isThis}`,
  );
  return busy ? { ...busy, pending: null } : null;
}

/** Forgets deliveries whose time in the log is up, some of each endpoint at a time. */
export async function forgetWebhookDeliveries(db: Database): Promise<void> {
  await query(
    db,
    sql`DELETE FROM webhook_deliveries WHERE id IN (
      SELECT old.id FROM webhook_endpoints w CROSS JOIN LATERAL (
        SELECT id FROM webhook_deliveries WHERE endpoint_id = w.id AND created_at < engine_now() - interval '30 days'
          AND state <> 'pending' ORDER BY created_at LIMIT 1000
      ) old)`,
  );
}
