import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { DagDefinition, DagNode } from '../../dag/definition.ts';
import type { DagNodeError, DagNodeStatus, DagTemplates, ExecutionStatus } from '../dag-types.ts';
import { createdAt, time, updatedAt } from './columns.ts';
import { organisations, users } from './identity.ts';

/** Graphs of tasks and tool calls, as they are written down. */
export const dags = pgTable(
  'dags',
  {
    id: text('id').primaryKey(),
    organisationId: text('organisation_id')
      .notNull()
      .references(() => organisations.id, { onDelete: 'cascade' }),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    definition: jsonb('definition').$type<DagDefinition>().notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [index('dags_organisation').on(t.organisationId, t.createdAt, t.id)],
);

/**
 * Executions of a DAG. Its row is locked by everything that changes it or its nodes, before them and after the row of any run;
 * what decides is in it or in the nodes' rows (E1). The counts are of its nodes.
 */
export const dagExecutions = pgTable(
  'dag_executions',
  {
    id: text('id').primaryKey(),
    /** It cannot be deleted while this is here. Null for the sub-agents of a run. */
    dagId: text('dag_id').references(() => dags.id),
    /** The run whose sub-agents its nodes are, and which waits for its end. */
    parentRunId: text('parent_run_id'),
    organisationId: text('organisation_id')
      .notNull()
      .references(() => organisations.id, { onDelete: 'cascade' }),
    /** Its agents work on GitHub as they, and on their daily limit. */
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    traceId: text('trace_id'),
    name: text('name').notNull(),
    params: jsonb('params').$type<Record<string, unknown>>().notNull(),
    /** What its nodes' agents get, as it was when the execution began (E14). */
    templates: jsonb('templates').$type<DagTemplates>().notNull(),
    engineVersion: integer('engine_version').notNull(),
    status: text('status').$type<ExecutionStatus>().notNull(),
    parallelism: integer('parallelism').notNull(),
    freeSlots: integer('free_slots').notNull(),
    /** Nodes that are not over; of these, those that could begin, those at work, those that wait, and those that are paused. */
    openNodes: integer('open_nodes').notNull(),
    readyNodes: integer('ready_nodes').notNull(),
    runningNodes: integer('running_nodes').notNull().default(0),
    waitingNodes: integer('waiting_nodes').notNull().default(0),
    pausedNodes: integer('paused_nodes').notNull().default(0),
    /** Failed or cancelled. */
    failedNodes: integer('failed_nodes').notNull().default(0),
    cancelRequested: boolean('cancel_requested').notNull().default(false),
    pauseRequested: boolean('pause_requested').notNull().default(false),
    /** A node has failed whose failure ends the execution: nothing begins any more. */
    stopping: boolean('stopping').notNull().default(false),
    /** How often it has been taken up again. */
    resumes: integer('resumes').notNull().default(0),
    operationId: text('operation_id'),
    eventSeq: integer('event_seq').notNull(),
    /** When the sweeper looks whether anything was lost; null when there is nothing to do. */
    sweepAfter: time('sweep_after'),
    createdAt: createdAt(),
    startedAt: time('started_at'),
    finishedAt: time('finished_at'),
  },
  (t) => [
    index('dag_executions_organisation').on(t.organisationId, t.createdAt, t.id),
    index('dag_executions_dag').on(t.dagId),
    index('dag_executions_parent').on(t.parentRunId).where(sql`parent_run_id is not null`),
    index('dag_executions_due').on(t.sweepAfter).where(sql`sweep_after is not null`),
  ],
);

/** The nodes of an execution. Each attempt is a run of an agent of its own. */
export const dagNodes = pgTable(
  'dag_nodes',
  {
    executionId: text('execution_id')
      .notNull()
      .references(() => dagExecutions.id, { onDelete: 'cascade' }),
    nodeId: text('node_id').notNull(),
    ordinal: integer('ordinal').notNull(),
    definition: jsonb('definition').$type<DagNode>().notNull(),
    failFast: boolean('fail_fast').notNull(),
    status: text('status').$type<DagNodeStatus>().notNull(),
    waitingFor: text('waiting_for'),
    /** Dependencies that are not over; of those that are, how many failed (or never ran because of one that did), and completed. */
    remaining: integer('remaining').notNull(),
    blocked: integer('blocked').notNull().default(0),
    succeeded: integer('succeeded').notNull().default(0),
    attempt: integer('attempt').notNull().default(0),
    retriesLeft: integer('retries_left').notNull(),
    runId: text('run_id'),
    /** How far the run's events are in the execution's. */
    runSeq: integer('run_seq').notNull().default(0),
    deadlineAt: time('deadline_at'),
    timedOut: boolean('timed_out').notNull().default(false),
    outputText: text('output_text'),
    outputValue: jsonb('output_value').$type<Record<string, unknown>>(),
    error: jsonb('error').$type<DagNodeError>(),
    startedAt: time('started_at'),
    finishedAt: time('finished_at'),
  },
  (t) => [
    primaryKey({ columns: [t.executionId, t.nodeId] }),
    index('dag_nodes_run').on(t.runId),
    index('dag_nodes_active').on(t.executionId, t.runId).where(sql`status in ('running', 'waiting')`),
    index('dag_nodes_ready').on(t.executionId, t.ordinal).where(sql`status = 'queued'`),
    index('dag_nodes_deadline').on(t.deadlineAt).where(sql`status in ('running', 'waiting')`),
  ],
);

/** Which node waits for which. */
export const dagEdges = pgTable(
  'dag_edges',
  {
    executionId: text('execution_id')
      .notNull()
      .references(() => dagExecutions.id, { onDelete: 'cascade' }),
    fromNode: text('from_node').notNull(),
    toNode: text('to_node').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.executionId, t.fromNode, t.toNode] }),
    index('dag_edges_to').on(t.executionId, t.toNode),
  ],
);

/** All that happens in an execution, gapless (E9). An event of a node's run stands in that run's log; here is only its place. */
export const dagEvents = pgTable(
  'dag_events',
  {
    executionId: text('execution_id')
      .notNull()
      .references(() => dagExecutions.id, { onDelete: 'cascade' }),
    seq: integer('seq').notNull(),
    nodeId: text('node_id'),
    runId: text('run_id'),
    runSeq: integer('run_seq'),
    type: text('type').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>(),
    speech: text('speech'),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.executionId, t.seq] }),
    index('dag_events_attempts').on(t.executionId, t.nodeId).where(sql`type = 'node.started'`),
  ],
);
