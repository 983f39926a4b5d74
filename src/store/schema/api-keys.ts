import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { createdAt, time } from './columns.ts';
import { organisations, users } from './identity.ts';

/** Keys of programs. Each acts for its organisation as whoever made it, and only its hash is kept. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: text('id').primaryKey(),
    organisationId: text('organisation_id')
      .notNull()
      .references(() => organisations.id, { onDelete: 'cascade' }),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** The part of the key that may be shown. */
    prefix: text('prefix').notNull().unique(),
    hash: text('hash').notNull(),
    scopes: text('scopes').array().notNull(),
    createdAt: createdAt(),
    /** Null for a key that lasts until it is revoked. */
    expiresAt: time('expires_at'),
    /** Right to the minute. */
    lastUsedAt: time('last_used_at'),
    revokedAt: time('revoked_at'),
  },
  (t) => [
    index('api_keys_organisation').on(t.organisationId, t.createdAt, t.id),
    index('api_keys_user').on(t.userId),
  ],
);
