import { bigint, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { time } from './columns.ts';

/** The last entry of each organisation's log: the row that the next one is chained to. */
export const auditHeads = pgTable('audit_heads', {
  organisationId: text('organisation_id').primaryKey(),
  seq: bigint('seq', { mode: 'number' }).notNull(),
  hash: text('hash').notNull(),
});

/**
 * Who did what to which object from where. Append-only: a trigger refuses changes, and each entry's hash holds the one before it,
 * so a change that went past the trigger shows. It outlives its organisation.
 */
export const auditLog = pgTable(
  'audit_log',
  {
    organisationId: text('organisation_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    at: time('at').notNull(),
    userId: text('user_id').notNull(),
    credential: text('credential').notNull(),
    action: text('action').notNull(),
    object: jsonb('object').$type<Record<string, string>>().notNull(),
    status: integer('status').notNull(),
    requestId: text('request_id').notNull(),
    address: text('address'),
    userAgent: text('user_agent'),
    hash: text('hash').notNull(),
  },
  (t) => [primaryKey({ columns: [t.organisationId, t.seq] })],
);
