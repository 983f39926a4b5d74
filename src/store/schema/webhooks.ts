import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { runs } from '../schema.ts';
import type { DeliveryState, DeliveryTry, DisabledReason, OldSecret } from '../webhook-types.ts';
import { createdAt, time, updatedAt } from './columns.ts';
import { organisations } from './identity.ts';

/** Where an organisation wants to be told of its runs. */
export const webhookEndpoints = pgTable(
  'webhook_endpoints',
  {
    id: text('id').primaryKey(),
    organisationId: text('organisation_id')
      .notNull()
      .references(() => organisations.id, { onDelete: 'cascade' }),
    url: text('url').notNull(),
    /** Types of events; `*` for all. */
    events: text('events').array().notNull(),
    description: text('description'),
    /** Sealed, as the old ones are. */
    secret: text('secret').notNull(),
    /** Secrets that were replaced and sign too for a while. */
    oldSecrets: jsonb('old_secrets').$type<OldSecret[]>().notNull().default([]),
    /** Events from then on are told. */
    enabledAt: time('enabled_at').notNull(),
    disabledAt: time('disabled_at'),
    disabledReason: text('disabled_reason').$type<DisabledReason>(),
    /** Since when no delivery has succeeded. */
    failingSince: time('failing_since'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [index('webhook_endpoints_organisation').on(t.organisationId, t.createdAt, t.id)],
);

/**
 * Events on their way to endpoints, and the log of what came of them. What is sent is read from the event's own row; a
 * delivery without a run is a test.
 */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    id: text('id').primaryKey(),
    endpointId: text('endpoint_id')
      .notNull()
      .references(() => webhookEndpoints.id, { onDelete: 'cascade' }),
    runId: text('run_id').references(() => runs.id, { onDelete: 'cascade' }),
    seq: integer('seq'),
    type: text('type').notNull(),
    state: text('state').$type<DeliveryState>().notNull().default('pending'),
    /** The number of the try to make next: a hint of the queue for another one is stale. */
    tryNo: integer('try_no').notNull().default(1),
    sweepNo: integer('sweep_no').notNull().default(0),
    /** A worker is at it, until `sweepAfter`. */
    sending: boolean('sending').notNull().default(false),
    nextTryAt: time('next_try_at'),
    sweepAfter: time('sweep_after'),
    attempts: integer('attempts').notNull().default(0),
    /** Tries that failed since it was made or asked for again. */
    failures: integer('failures').notNull().default(0),
    /** The last tries, oldest first. */
    tries: jsonb('tries').$type<DeliveryTry[]>().notNull().default([]),
    createdAt: createdAt(),
  },
  (t) => [
    index('webhook_deliveries_endpoint').on(t.endpointId, t.createdAt, t.id),
    uniqueIndex('webhook_deliveries_once').on(t.runId, t.seq, t.endpointId),
    index('webhook_deliveries_due').on(t.sweepAfter).where(sql`state = 'pending'`),
  ],
);
