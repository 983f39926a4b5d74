import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { time } from './columns.ts';
import { organisations, users } from './identity.ts';

/** Sign-ins that have begun: what the app said then, and must show again. Ending one takes its row away. */
export const signIns = pgTable(
  'sign_ins',
  {
    /** SHA-256 of the `state`. */
    stateHash: text('state_hash').primaryKey(),
    codeChallenge: text('code_challenge').notNull(),
    redirectUri: text('redirect_uri').notNull(),
    expiresAt: time('expires_at').notNull(),
  },
  (t) => [index('sign_ins_expired').on(t.expiresAt)],
);

/** Leave to open one stream once, for clients that can set no headers. Opening it takes the row away. */
export const streamTickets = pgTable(
  'stream_tickets',
  {
    hash: text('hash').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    organisationId: text('organisation_id')
      .notNull()
      .references(() => organisations.id, { onDelete: 'cascade' }),
    /** What its maker showed, which must still be good: one of the three. A token of an issuer is good until `until`. */
    sessionId: text('session_id'),
    apiKeyId: text('api_key_id'),
    issuer: text('issuer'),
    /** The canonical path of the stream. */
    path: text('path').notNull(),
    expiresAt: time('expires_at').notNull(),
    /** When what its maker showed ends, and the stream with it; null for never. */
    until: time('until'),
  },
  (t) => [index('stream_tickets_expired').on(t.expiresAt)],
);
