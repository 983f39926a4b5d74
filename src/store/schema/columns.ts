import { sql } from 'drizzle-orm';
import { bigint, boolean, jsonb, timestamp } from 'drizzle-orm/pg-core';
import type { MemoryEntry } from '../states.ts';

/** The columns that tables share. Times come and go as RFC 3339 text, amounts as numbers. */
export const time = (name: string) => timestamp(name, { withTimezone: true, mode: 'string' });
export const createdAt = () => time('created_at').notNull().default(sql`engine_now()`);
export const updatedAt = () => time('updated_at').notNull().default(sql`engine_now()`);
export const count = (name: string) => bigint(name, { mode: 'number' }).notNull().default(0);
export const limit = (name: string) => bigint(name, { mode: 'number' });
/** What a model was let read: `store/runs/taint.ts`. */
export const taint = () => ({
  readPrivate: boolean('read_private').notNull().default(false),
  readUntrusted: boolean('read_untrusted').notNull().default(false),
});
export const remembered = () =>
  jsonb('remembered').$type<Record<string, MemoryEntry>>().notNull().default({});
