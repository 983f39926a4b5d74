import { boolean, index, integer, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core';
import type { McpToolDefinition } from '../mcp-types.ts';
import { createdAt, time, updatedAt } from './columns.ts';
import { organisations } from './identity.ts';

/** Remote MCP servers whose tools agents of an organisation may use. */
export const mcpServers = pgTable(
  'mcp_servers',
  {
    id: text('id').primaryKey(),
    organisationId: text('organisation_id')
      .notNull()
      .references(() => organisations.id, { onDelete: 'cascade' }),
    /** Part of the names of its tools, so it stays. */
    name: text('name').notNull(),
    url: text('url').notNull(),
    /** Sealed JSON, by name; null for none. */
    headers: text('headers'),
    headerNames: text('header_names').array().notNull(),
    /** Whether a tool that the server calls read-only may be repeated like a read. */
    trustsHints: boolean('trusts_hints').notNull().default(false),
    tools: jsonb('tools').$type<McpToolDefinition[]>().notNull(),
    /** How many more it offered, past the limits. */
    toolsLeftOut: integer('tools_left_out').notNull(),
    fetchedAt: time('fetched_at').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    unique('mcp_servers_name').on(t.organisationId, t.name),
    index('mcp_servers_organisation').on(t.organisationId, t.createdAt, t.id),
  ],
);
