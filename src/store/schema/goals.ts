import { sql } from 'drizzle-orm';
import { boolean, index, integer, json, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { OutputSchema } from '../../output-schema/output-schema.ts';
import type {
  GoalParameters,
  GoalStatus,
  GoalValues,
  Overlap,
  PausedReason,
  ScheduleStatus,
  SlotOutcome,
} from '../goal-types.ts';
import { createdAt, limit, time, updatedAt } from './columns.ts';
import { organisations, users } from './identity.ts';

/** Saved prompts that runs are started from, by hand or by schedules. */
export const goals = pgTable(
  'goals',
  {
    id: text('id').primaryKey(),
    organisationId: text('organisation_id')
      .notNull()
      .references(() => organisations.id, { onDelete: 'cascade' }),
    /** Who made it: its schedules act for them. */
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    agentId: text('agent_id').notNull(),
    name: text('name').notNull(),
    prompt: text('prompt').notNull(),
    parameters: jsonb('parameters').$type<GoalParameters>().notNull(),
    /** Limits of its runs; the agent's own where null. */
    maxSteps: integer('max_steps'),
    maxCostMicroUsd: limit('max_cost_micro_usd'),
    maxDurationSeconds: integer('max_duration_seconds'),
    /** What the results of its runs are held to; the agent's own where null. `json` keeps the order of its keys. */
    outputSchema: json('output_schema').$type<OutputSchema>(),
    status: text('status').$type<GoalStatus>().notNull(),
    /** How many schedules it has: what decides whether it may get another one. */
    scheduleCount: integer('schedule_count').notNull().default(0),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [index('goals_organisation').on(t.organisationId, t.createdAt, t.id)],
);

/** When a goal's runs start by themselves. A slot is `nextSlotAt`, and who moves it on has fired it. */
export const schedules = pgTable(
  'schedules',
  {
    id: text('id').primaryKey(),
    goalId: text('goal_id')
      .notNull()
      .references(() => goals.id, { onDelete: 'cascade' }),
    cron: text('cron').notNull(),
    timeZone: text('time_zone').notNull(),
    parameters: jsonb('parameters').$type<GoalValues>().notNull(),
    overlap: text('overlap').$type<Overlap>().notNull(),
    jitterSeconds: integer('jitter_seconds').notNull(),
    /** So many failures in a row pause it; never, where null. */
    pauseAfterFailures: integer('pause_after_failures'),
    status: text('status').$type<ScheduleStatus>().notNull(),
    pausedReason: text('paused_reason').$type<PausedReason>(),
    /** Failures before this do not count: it was resumed then. */
    failuresSince: time('failures_since').notNull().default(sql`engine_now()`),
    /** Null while it or its goal is paused. */
    nextSlotAt: time('next_slot_at'),
    /** The slot and its jitter. */
    nextFireAt: time('next_fire_at'),
    /** Raised by each change of whether and when it is to fire, and up to which of them its next slot and the queue are settled. */
    version: integer('version').notNull().default(1),
    syncedVersion: integer('synced_version').notNull().default(0),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    index('schedules_goal').on(t.goalId, t.createdAt, t.id),
    index('schedules_due').on(t.nextFireAt).where(sql`next_fire_at is not null`),
    index('schedules_unsynced').on(t.updatedAt).where(sql`synced_version < version`),
  ],
);

/** What became of each slot, written by the statement that moved the schedule on. */
export const scheduleSlots = pgTable(
  'schedule_slots',
  {
    scheduleId: text('schedule_id')
      .notNull()
      .references(() => schedules.id, { onDelete: 'cascade' }),
    slotAt: time('slot_at').notNull(),
    outcome: text('outcome').$type<SlotOutcome>().notNull(),
    isLate: boolean('is_late').notNull(),
    reason: text('reason'),
    /** The run that was under way. */
    busyRunId: text('busy_run_id'),
    /** How many slots this one stands for: those missed long ago are not kept one by one. */
    count: integer('count').notNull().default(1),
    firedAt: time('fired_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.scheduleId, t.slotAt] }), index('schedule_slots_old').on(t.firedAt)],
);
