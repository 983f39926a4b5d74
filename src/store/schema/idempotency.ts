import { index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { createdAt, time } from './columns.ts';

/**
 * What became of requests that came with an `Idempotency-Key`. The row decides who carries a request out, keeps what the ids of
 * all it makes are derived from, and then its answer, sealed: it may hold what is shown once.
 */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    /** Whose key it is. */
    scope: text('scope').notNull(),
    key: text('key').notNull(),
    /** SHA-256 of the method, the address and the body. */
    fingerprint: text('fingerprint').notNull(),
    /** A TypeID: the same for every try. */
    seed: text('seed').notNull(),
    /** How often the request was begun. */
    attempt: integer('attempt').notNull().default(1),
    operationId: text('operation_id').notNull(),
    /** Until then whoever began it has it to themselves. */
    lockedUntil: time('locked_until').notNull(),
    sealedAnswer: text('sealed_answer'),
    createdAt: createdAt(),
    expiresAt: time('expires_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.scope, t.key] }), index('idempotency_keys_expired').on(t.expiresAt)],
);
