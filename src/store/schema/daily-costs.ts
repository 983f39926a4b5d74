import { date, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { count } from './columns.ts';
import { users } from './identity.ts';

/**
 * What a user's runs have cost on a day (UTC) and what they have reserved: the row that a daily limit is decided on (E1).
 * `granted` is what the last statement that asked for a reservation was given, so that it can read it back.
 */
export const dailyCosts = pgTable(
  'daily_costs',
  {
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    day: date('day', { mode: 'string' }).notNull(),
    spentMicroUsd: count('spent_micro_usd'),
    reservedMicroUsd: count('reserved_micro_usd'),
    grantedMicroUsd: count('granted_micro_usd'),
  },
  (t) => [primaryKey({ columns: [t.userId, t.day] })],
);
