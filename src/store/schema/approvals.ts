import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { runs } from '../schema.ts';
import type { ApprovalKind, ApprovalState } from '../states.ts';
import { createdAt, time } from './columns.ts';

/**
 * What a run may not do before its user says so: carry out a call, or send one again of which nobody knows whether it took
 * effect. Decided once, bound to the call's arguments, and expiring.
 */
export const approvals = pgTable(
  'approvals',
  {
    id: text('id').primaryKey(),
    organisationId: text('organisation_id').notNull(),
    runId: text('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    toolCallId: text('tool_call_id').notNull(),
    kind: text('kind').$type<ApprovalKind>().notNull().default('approval'),
    argumentsSha256: text('arguments_sha256').notNull(),
    state: text('state').$type<ApprovalState>().notNull(),
    reason: text('reason'),
    createdAt: createdAt(),
    expiresAt: time('expires_at').notNull(),
    decidedAt: time('decided_at'),
  },
  (t) => [
    index('approvals_organisation').on(t.organisationId, t.createdAt, t.id),
    index('approvals_run').on(t.runId),
    index('approvals_call').on(t.toolCallId),
  ],
);
