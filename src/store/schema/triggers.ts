import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
} from 'drizzle-orm/pg-core';
import type { TriggerAgent } from '../triggers.ts';
import { createdAt, time, updatedAt } from './columns.ts';
import { organisations, users } from './identity.ts';

/** On which repositories agents start by themselves, and on what. It acts as the user who made it. */
export const triggers = pgTable(
  'triggers',
  {
    id: text('id').primaryKey(),
    organisationId: text('organisation_id')
      .notNull()
      .references(() => organisations.id, { onDelete: 'cascade' }),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** GitHub's id, which stays when the repository is renamed. */
    repositoryId: bigint('repository_id', { mode: 'number' }).notNull(),
    repository: text('repository').notNull(),
    /** The webhook that we made; null for one that somebody looks after. */
    hookId: bigint('hook_id', { mode: 'number' }),
    issueLabel: text('issue_label'),
    mention: text('mention'),
    onReview: boolean('on_review').notNull(),
    onFailedCheck: boolean('on_failed_check').notNull(),
    onClose: boolean('on_close').notNull(),
    permission: text('permission').$type<'write' | 'admin' | 'listed'>().notNull(),
    logins: text('logins').array().notNull(),
    agent: jsonb('agent').$type<TriggerAgent>().notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    reconciledAt: time('reconciled_at'),
  },
  (t) => [
    unique('triggers_one_per_repository').on(t.organisationId, t.repositoryId),
    index('triggers_repository').on(t.repositoryId),
  ],
);

/** Which agent works on which issue or pull request: one each. Its row decides whether more may be said there (E1). */
export const githubThreads = pgTable(
  'github_threads',
  {
    triggerId: text('trigger_id')
      .notNull()
      .references(() => triggers.id, { onDelete: 'cascade' }),
    /** Of the issue or pull request where it began. */
    number: integer('number').notNull(),
    agentId: text('agent_id').notNull(),
    /** Of the pull request that the agent opened. */
    pullNumber: integer('pull_number'),
    state: text('state').$type<'open' | 'closed'>().notNull(),
    /** When that came about, by GitHub's clock: what is told late must not undo it. */
    stateAt: time('state_at').notNull(),
    /** Repairs of the pull request, and what the last one was of. */
    repairs: integer('repairs').notNull().default(0),
    repairedSha: text('repaired_sha'),
    repairedTree: text('repaired_tree'),
    repairedReport: text('repaired_report'),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.triggerId, t.number] }),
    unique('github_threads_one_per_agent').on(t.triggerId, t.agentId),
    unique('github_threads_one_per_pull').on(t.triggerId, t.pullNumber),
  ],
);

/**
 * Deliveries that did something, once: a row is written by the statement that acts. What comes after the act (a cancel, the audit log)
 * is done again until `finished`.
 */
export const githubDeliveries = pgTable(
  'github_deliveries',
  {
    triggerId: text('trigger_id')
      .notNull()
      .references(() => triggers.id, { onDelete: 'cascade' }),
    deliveryId: text('delivery_id').notNull(),
    /** Such as `issues.labeled`. */
    event: text('event').notNull(),
    number: integer('number').notNull(),
    act: text('act').$type<'started' | 'continued' | 'repaired' | 'closed' | 'reopened'>().notNull(),
    agentId: text('agent_id').notNull(),
    requestId: text('request_id').notNull(),
    finished: boolean('finished').notNull().default(false),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.triggerId, t.deliveryId] }),
    index('github_deliveries_old').on(t.createdAt),
  ],
);
