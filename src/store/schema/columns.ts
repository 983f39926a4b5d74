import { sql } from 'drizzle-orm';
import { bigint, timestamp } from 'drizzle-orm/pg-core';

/** The columns that tables share. Times come and go as RFC 3339 text, amounts as numbers. */
export const time = (name: string) => timestamp(name, { withTimezone: true, mode: 'string' });
export const createdAt = () => time('created_at').notNull().default(sql`engine_now()`);
export const updatedAt = () => time('updated_at').notNull().default(sql`engine_now()`);
export const count = (name: string) => bigint(name, { mode: 'number' }).notNull().default(0);
export const limit = (name: string) => bigint(name, { mode: 'number' });
