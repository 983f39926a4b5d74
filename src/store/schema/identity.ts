import { bigint, index, integer, jsonb, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import type { Role } from '../roles.ts';
import type { HeldRun } from '../states.ts';
import { createdAt, limit, remembered, time, updatedAt } from './columns.ts';

/**
 * People who signed in. Their GitHub tokens are sealed (AES-256-GCM, bound to the row's id). Who came by an issuer's token has no GitHub
 * account before they link one; then `login` is what the issuer calls them.
 */
export const users = pgTable('users', {
  id: text('id').primaryKey(),
  githubId: bigint('github_id', { mode: 'number' }).unique(),
  login: text('login').notNull(),
  name: text('name'),
  email: text('email'),
  avatarUrl: text('avatar_url'),
  sealedGithubToken: text('sealed_github_token'),
  /** Of a GitHub App, whose tokens expire; null where they do not. Good for one refresh. */
  sealedGithubRefreshToken: text('sealed_github_refresh_token'),
  githubTokenExpiresAt: time('github_token_expires_at'),
  /** Counts the tokens there have been: names one of them, however often it is sealed. */
  githubTokenNo: integer('github_token_no').notNull().default(0),
  /** Until then somebody is refreshing the token, and nobody else does. */
  githubRefreshUntil: time('github_refresh_until'),
  dailyCostLimitMicroUsd: limit('daily_cost_limit_micro_usd'),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

/** Who somebody is at an issuer besides us. */
export const identities = pgTable(
  'identities',
  {
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.issuer, t.subject] }), index('identities_user').on(t.userId)],
);

/** One sign-in and its chain of rotating refresh tokens, of which only hashes are kept. */
export const sessions = pgTable(
  'sessions',
  {
    id: text('id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    currentHash: text('current_hash').notNull(),
    previousHash: text('previous_hash'),
    rotatedAt: time('rotated_at'),
    /** What signed in, in its own words. */
    userAgent: text('user_agent'),
    createdAt: createdAt(),
    /** Right to the minute. */
    lastUsedAt: time('last_used_at'),
    expiresAt: time('expires_at').notNull(),
    revokedAt: time('revoked_at'),
  },
  (t) => [index('sessions_user').on(t.userId)],
);

/** Who owns things. Every user has a personal one (`personalOf`), which nobody else can join. */
export const organisations = pgTable(
  'organisations',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    personalOf: text('personal_of')
      .unique()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** Decides whether an owner may go (E1). Means nothing where an issuer says who is one. */
    ownerCount: integer('owner_count').notNull().default(1),
    /** What all of its agents may know, by key; how much that may be is decided on this row (E1). */
    remembered: remembered(),
    /** Whose tokens made it and say who is in it, and what they call it; null for one that was made here. */
    issuer: text('issuer'),
    externalId: text('external_id'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [unique('organisations_external').on(t.issuer, t.externalId)],
);

export const members = pgTable(
  'members',
  {
    organisationId: text('organisation_id')
      .notNull()
      .references(() => organisations.id, { onDelete: 'cascade' }),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    role: text('role').$type<Role>().notNull(),
    /** When the token was issued that said so last; null for a member that an organisation of ours took. */
    claimedAt: time('claimed_at'),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.organisationId, t.userId] }), index('members_user').on(t.userId)],
);

/** Of a token that is handed to whoever is to join, only the hash is kept. Accepted or revoked ones are gone. */
export const invitations = pgTable(
  'invitations',
  {
    id: text('id').primaryKey(),
    organisationId: text('organisation_id')
      .notNull()
      .references(() => organisations.id, { onDelete: 'cascade' }),
    tokenHash: text('token_hash').notNull().unique(),
    login: text('login'),
    role: text('role').$type<Role>().notNull(),
    invitedBy: text('invited_by').notNull(),
    createdAt: createdAt(),
    expiresAt: time('expires_at').notNull(),
    /** Who joined by it. It is kept until it would have expired, so that they may say it again after a lost answer. */
    acceptedBy: text('accepted_by'),
  },
  (t) => [index('invitations_organisation').on(t.organisationId, t.createdAt)],
);

/** How often somebody has asked for something in a minute: the row that a limit is decided on (E1, E12). */
export const rateLimits = pgTable(
  'rate_limits',
  {
    subject: text('subject').notNull(),
    bucket: text('bucket').notNull(),
    windowStart: time('window_start').notNull(),
    used: integer('used').notNull(),
  },
  (t) => [primaryKey({ columns: [t.subject, t.bucket] }), index('rate_limits_old').on(t.windowStart)],
);

/**
 * How many runs of an organisation are at work, and who waits for one of them to end, in order: the row that decides who begins
 * (`store/runs/slots.ts`). A trigger makes it with its organisation. It is apart because steps that remember write that one's row.
 */
export const organisationRuns = pgTable('organisation_runs', {
  organisationId: text('organisation_id')
    .primaryKey()
    .references(() => organisations.id, { onDelete: 'cascade' }),
  running: integer('running').notNull().default(0),
  /** How many may be, where that is fewer than the deployment lets every organisation have. */
  concurrentRuns: integer('concurrent_runs'),
  held: jsonb('held').$type<HeldRun[]>().notNull().default([]),
});
