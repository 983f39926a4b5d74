import { boolean, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { AskedBecause, ToolCallState } from '../states.ts';
import { createdAt, time } from './columns.ts';

/** What a step asked for and what came of it. The arguments are in the step's content, under `providerCallId`. */
export const toolCalls = pgTable(
  'tool_calls',
  {
    id: text('id').primaryKey(),
    runId: text('run_id').notNull(),
    stepNo: integer('step_no').notNull(),
    ordinal: integer('ordinal').notNull(),
    providerCallId: text('provider_call_id').notNull(),
    name: text('name').notNull(),
    state: text('state').$type<ToolCallState>().notNull(),
    /** Its worker writes down when it begins: the receiver would not notice a repeat. */
    marked: boolean('marked').notNull().default(false),
    argumentsSha256: text('arguments_sha256'),
    /** Why its user was asked before it ran; null for a call that nobody asked about. */
    askedBecause: text('asked_because').$type<AskedBecause>(),
    output: text('output'),
    result: jsonb('result').$type<Record<string, unknown>>(),
    createdAt: createdAt(),
    finishedAt: time('finished_at'),
  },
  (t) => [uniqueIndex('tool_calls_of_step').on(t.runId, t.stepNo, t.ordinal)],
);
