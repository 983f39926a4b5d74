import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  boolean,
  date,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { AssistantBlock, StopReason } from '../models/port.ts';
import type { OutputSchema } from '../output-schema/output-schema.ts';
import type { Policies } from '../tools/policy.ts';
import type { Planning } from './dag-types.ts';
import type { RunMcpServer } from './mcp-types.ts';
import { count, createdAt, limit, remembered, taint, time, updatedAt } from './schema/columns.ts';
import { organisations, users } from './schema/identity.ts';
import type {
  AgentKind,
  Deliver,
  ModelChoice,
  PushTo,
  QueuedMessage,
  RunError,
  RunStatus,
  SharedMemory,
  StepKind,
  WaitingFor,
} from './states.ts';

export * from './schema/api-keys.ts';
export * from './schema/approvals.ts';
export * from './schema/audit.ts';
export * from './schema/dags.ts';
export * from './schema/daily-costs.ts';
export * from './schema/goals.ts';
export * from './schema/idempotency.ts';
export * from './schema/identity.ts';
export * from './schema/mcp.ts';
export * from './schema/outputs.ts';
export * from './schema/provider-keys.ts';
export * from './schema/sign-ins.ts';
export * from './schema/tool-calls.ts';
export * from './schema/triggers.ts';
export * from './schema/webhooks.ts';

/** Lasting workers: what they are told, which model and tools they use, and on which repository. */
export const agents = pgTable(
  'agents',
  {
    id: text('id').primaryKey(),
    organisationId: text('organisation_id')
      .notNull()
      .references(() => organisations.id, { onDelete: 'cascade' }),
    /** Who made it: it works on GitHub as they, and on their daily limit. */
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    workspaceId: text('workspace_id').notNull(),
    /** Who made a job with it finds it there, and not among the others. */
    kind: text('kind').$type<AgentKind>().notNull().default('agent'),
    name: text('name').notNull(),
    instructions: text('instructions'),
    repository: text('repository'),
    baseBranch: text('base_branch'),
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    /** What is asked, in order, while that one is away. */
    fallbacks: jsonb('fallbacks').$type<ModelChoice[]>().notNull().default([]),
    tools: text('tools').array().notNull(),
    policies: jsonb('policies').$type<Policies>().notNull().default({}),
    /** Ids of remote servers whose tools it gets. */
    mcpServers: text('mcp_servers').array().notNull().default([]),
    maxSteps: integer('max_steps').notNull(),
    maxCostMicroUsd: limit('max_cost_micro_usd'),
    maxDurationSeconds: integer('max_duration_seconds'),
    /** What the results of its runs are held to. `json` and not `jsonb`: a model writes in the order of the keys. */
    outputSchema: json('output_schema').$type<OutputSchema>(),
    /** What it remembers from run to run, by key. On its own row, because how much that may be is decided there (E1). */
    remembered: remembered(),
    /** The execution of a DAG whose node it works for; such an agent has one run and is not among the others. */
    dagExecutionId: text('dag_execution_id'),
    /** What its runs are to plan; such an agent is not among the others. */
    planning: jsonb('planning').$type<Planning>(),
    /** Where what its runs write is pushed when they end. */
    pushTo: jsonb('push_to').$type<PushTo>(),
    /** Of a sub-agent: the run that delegated to it, and how many agents stand above it. */
    delegatedBy: text('delegated_by'),
    depth: integer('depth').notNull().default(0),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    archivedAt: time('archived_at'),
  },
  (t) => [
    index('agents_organisation').on(t.organisationId, t.createdAt, t.id),
    index('agents_dag_execution').on(t.dagExecutionId).where(sql`dag_execution_id is not null`),
  ],
);

/**
 * Where runs work: a branch of a repository and, in `workspaceFiles`, an overlay of edits over `baseSha`. A forked one goes
 * on where a step of its parent ended.
 */
export const workspaces = pgTable(
  'workspaces',
  {
    id: text('id').primaryKey(),
    repository: text('repository'),
    baseBranch: text('base_branch'),
    branch: text('branch').notNull(),
    baseSha: text('base_sha'),
    /** Whether only some may read its repository, as GitHub said when its agent was made. Of one that was made before we asked, it is taken to be so. */
    isPrivate: boolean('is_private').notNull().default(true),
    ...taint(),
    parentWorkspaceId: text('parent_workspace_id'),
    /** It keeps the run from being forgotten, also by whoever does not see the fork yet. */
    parentRunId: text('parent_run_id').references((): AnyPgColumn => runs.id),
    parentStepNo: integer('parent_step_no'),
    createdAt: createdAt(),
  },
  (t) => [index('workspaces_parent_run').on(t.parentRunId)],
);

/** Uncommitted edits. `content` null means the file is deleted. */
export const workspaceFiles = pgTable(
  'workspace_files',
  {
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    path: text('path').notNull(),
    content: text('content'),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.path] })],
);

/**
 * What each step did to the overlay, so that a fork can begin at any of them. `inOverlay` false: the path left the overlay,
 * which a commit does.
 */
export const workspaceRevisions = pgTable(
  'workspace_revisions',
  {
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    runId: text('run_id').notNull(),
    stepNo: integer('step_no').notNull(),
    path: text('path').notNull(),
    inOverlay: boolean('in_overlay').notNull(),
    content: text('content'),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.runId, t.stepNo, t.path] })],
);

/** Executions of an agent. Every column that decides a transition is here (E1); the row is its own outbox (E4). */
export const runs = pgTable(
  'runs',
  {
    id: text('id').primaryKey(),
    agentId: text('agent_id')
      .notNull()
      .references(() => agents.id, { onDelete: 'cascade' }),
    organisationId: text('organisation_id').notNull(),
    userId: text('user_id').notNull(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id),
    /** Its agent's: what its end is held to. One of a generator is a job. */
    kind: text('kind').$type<AgentKind>().notNull().default('agent'),
    prompt: text('prompt').notNull(),
    /** The message that the prompt came with, when it had been queued behind an earlier run. */
    promptMessageId: text('prompt_message_id'),
    /** The run that this one takes up again. */
    retryOf: text('retry_of'),
    /** The goal that it is of, and the slot of the schedule that started it. */
    goalId: text('goal_id'),
    scheduleId: text('schedule_id'),
    slotAt: time('slot_at'),
    /** The execution of a DAG whose node it is an attempt of. */
    dagExecutionId: text('dag_execution_id'),
    /** The DAG that it is to plan; taken over from its agent. */
    planning: jsonb('planning').$type<Planning>(),
    /** Taken over from its agent. */
    pushTo: jsonb('push_to').$type<PushTo>(),
    delegatedBy: text('delegated_by'),
    depth: integer('depth').notNull().default(0),
    /** How many sub-agents it has had. */
    children: integer('children').notNull().default(0),
    /** The execution of the sub-agents of its step under way, and whether it was told that they have ended: until then it waits or is paused. */
    childExecutionId: text('child_execution_id'),
    childJoined: boolean('child_joined').notNull().default(false),
    /** What its sub-agents have cost. It counts against its own limit; in the sum of the day their own runs have it. */
    delegatedMicroUsd: count('delegated_micro_usd'),
    /** Of the W3C trace context that the run was started in: 32 hexadecimal digits. It keeps it to its end. */
    traceId: text('trace_id'),
    instructions: text('instructions'),
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    /** What is asked, in order, while that one is away. */
    fallbacks: jsonb('fallbacks').$type<ModelChoice[]>().notNull().default([]),
    tools: text('tools').array().notNull(),
    policies: jsonb('policies').$type<Policies>().notNull().default({}),
    /** What the remote servers of its agent offered when it began. */
    mcpServers: jsonb('mcp_servers').$type<RunMcpServer[]>().notNull().default([]),
    maxSteps: integer('max_steps').notNull(),
    maxCostMicroUsd: limit('max_cost_micro_usd'),
    maxDurationSeconds: integer('max_duration_seconds'),
    /** What the agent remembered when the run began, by key. */
    memories: jsonb('memories').$type<Record<string, string>>().notNull().default({}),
    /** What of its organisation's memories it was told when it began, by key. */
    sharedMemories: jsonb('shared_memories').$type<Record<string, SharedMemory>>().notNull().default({}),
    startSha: text('start_sha'),
    outputSchema: json('output_schema').$type<OutputSchema>(),
    engineVersion: integer('engine_version').notNull(),

    status: text('status').$type<RunStatus>().notNull(),
    waitingFor: text('waiting_for').$type<WaitingFor>(),
    wakeAt: time('wake_at'),
    cancelRequested: boolean('cancel_requested').notNull().default(false),
    pauseRequested: boolean('pause_requested').notNull().default(false),
    inboxSeq: integer('inbox_seq').notNull().default(0),
    deliveredSeq: integer('delivered_seq').notNull().default(0),
    ...taint(),
    openWaits: integer('open_waits').notNull().default(0),
    /** The place in the inbox past which a message answers what the run asked its user; null while nothing is asked. */
    askedSeq: integer('asked_seq'),
    /** It counts among the runs of its organisation that are at work (`store/runs/slots.ts`). */
    holdsSlot: boolean('holds_slot').notNull().default(false),
    /** It stands in the line of its organisation. */
    heldBack: boolean('held_back').notNull().default(false),
    /** Messages that each start a run when this one is over, in order. */
    afterRun: jsonb('after_run').$type<QueuedMessage[]>().notNull().default([]),

    epoch: integer('epoch').notNull().default(0),
    dispatchNo: integer('dispatch_no').notNull().default(1),
    sweepNo: integer('sweep_no').notNull().default(0),
    sweepAfter: time('sweep_after'),
    leaseExpiresAt: time('lease_expires_at'),
    claimsWithoutCommit: integer('claims_without_commit').notNull().default(0),
    failures: integer('failures').notNull().default(0),
    operationId: text('operation_id'),
    /** Which of the events that the last move made depend on the row were due: bit n for the n-th. */
    told: integer('told').notNull().default(0),
    eventSeq: integer('event_seq').notNull().default(0),
    /** How far its events were looked through for what webhooks are to be told. */
    hookedSeq: integer('hooked_seq').notNull().default(0),
    stepNo: integer('step_no').notNull().default(0),
    /** How far its plan has come, in hundredths; it never goes back. */
    progress: integer('progress').notNull().default(0),
    /** How often its model wanted to end with what was asked for missing. */
    refusedEnds: integer('refused_ends').notNull().default(0),

    inputTokens: count('input_tokens'),
    outputTokens: count('output_tokens'),
    cacheReadTokens: count('cache_read_tokens'),
    cacheWriteTokens: count('cache_write_tokens'),
    costMicroUsd: count('cost_micro_usd'),
    /** The part of the cost that is not known but taken for spent: of model calls whose end nobody saw. */
    estimatedCostMicroUsd: count('estimated_cost_micro_usd'),
    /** What the call of the model under way may cost, and the day (UTC) that this is reserved on; only while running. */
    reservedMicroUsd: count('reserved_micro_usd'),
    reservedOn: date('reserved_on', { mode: 'string' }),
    /**
     * What the next step may cost: the least without which it is not begun, and the most it is given. Null before the first
     * one, whose context nobody has seen; 0 for a planned one, which is paid for.
     */
    stepLeastMicroUsd: limit('step_least_micro_usd'),
    stepMostMicroUsd: limit('step_most_micro_usd'),
    /** Time that workers held the run, up to `activeSince`; waits and pauses are not in it. */
    activeMs: count('active_ms'),
    activeSince: time('active_since'),
    /** The limits of which the user was warned. */
    warned: text('warned').array().notNull().default(sql`'{}'`),
    /** The model has said its last word, and no worker has asked it again since: only a message that came meanwhile keeps the run going. */
    answered: boolean('answered').notNull().default(false),
    /** The conversation was too long when the model was asked, which is paid for: the next step sums it up. */
    outgrown: boolean('outgrown').notNull().default(false),
    summary: text('summary'),
    error: jsonb('error').$type<RunError>(),
    createdAt: createdAt(),
    startedAt: time('started_at'),
    finishedAt: time('finished_at'),
  },
  (t) => [
    index('runs_organisation').on(t.organisationId, t.createdAt, t.id),
    index('runs_agent').on(t.agentId, t.createdAt, t.id),
    index('runs_goal').on(t.goalId, t.createdAt, t.id).where(sql`goal_id is not null`),
    uniqueIndex('runs_one_per_slot').on(t.scheduleId, t.slotAt).where(sql`schedule_id is not null`),
    index('runs_dag_execution').on(t.dagExecutionId, t.createdAt).where(sql`dag_execution_id is not null`),
    index('runs_delegated').on(t.delegatedBy, t.createdAt).where(sql`delegated_by is not null`),
    index('runs_jobs').on(t.organisationId, t.createdAt, t.id).where(sql`kind = 'generator'`),
    index('runs_workspace').on(t.workspaceId, t.createdAt),
    uniqueIndex('runs_one_per_message').on(t.promptMessageId).where(sql`prompt_message_id is not null`),
    index('runs_unhooked').on(t.organisationId, t.finishedAt).where(sql`hooked_seq < event_seq`),
    index('runs_due').on(t.sweepAfter).where(sql`status in ('queued', 'running', 'waiting')`),
    uniqueIndex('runs_one_active_per_agent')
      .on(t.agentId)
      .where(sql`status not in ('completed', 'failed', 'cancelled')`),
  ],
);

/** Model turns. A planned step has effects under way; a committed one is part of the conversation for good. */
export const steps = pgTable(
  'steps',
  {
    runId: text('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    stepNo: integer('step_no').notNull(),
    epoch: integer('epoch').notNull(),
    kind: text('kind').$type<StepKind>().notNull().default('turn'),
    /** For a compaction: the last step of its run that its summary stands for, with all that came before the run. */
    coversStepNo: integer('covers_step_no'),
    /** `json` and not `jsonb`: providers cache by bytes, and jsonb would reorder the keys of tool inputs. */
    content: json('content').$type<AssistantBlock[]>().notNull(),
    stopReason: text('stop_reason').$type<StopReason>().notNull(),
    deliveredSeq: integer('delivered_seq').notNull(),
    /** The message that answered the step's question, which is told as its result. */
    answeredSeq: integer('answered_seq'),
    /** The workspace's base after the step, when the step moved it. */
    baseSha: text('base_sha'),
    /** What the model is told behind the step: why the run could not end with it. */
    note: text('note'),
    inputTokens: count('input_tokens'),
    outputTokens: count('output_tokens'),
    cacheReadTokens: count('cache_read_tokens'),
    cacheWriteTokens: count('cache_write_tokens'),
    costMicroUsd: count('cost_micro_usd'),
    /** Which model took it; null for steps from before that was kept. */
    provider: text('provider'),
    model: text('model'),
    modelMs: integer('model_ms').notNull(),
    createdAt: createdAt(),
    committedAt: time('committed_at'),
  },
  (t) => [
    primaryKey({ columns: [t.runId, t.stepNo] }),
    index('steps_compactions')
      .on(t.runId, t.stepNo)
      .where(sql`kind = 'compaction' and committed_at is not null`),
  ],
);

/**
 * Follow-ups. Those to be heard `now` are numbered by `runs.inboxSeq` of their run; those for `afterRun` have no number and
 * are pending while their id is in `runs.afterRun` of the agent's active run. Once a worker has taken one for a model call it stays as it is; until
 * then its user may change it or take it back.
 */
export const messages = pgTable(
  'messages',
  {
    id: text('id').primaryKey(),
    agentId: text('agent_id').notNull(),
    runId: text('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    deliver: text('deliver').$type<Deliver>().notNull().default('now'),
    seq: integer('seq'),
    text: text('text').notNull(),
    createdAt: createdAt(),
    takenAt: time('taken_at'),
    withdrawnAt: time('withdrawn_at'),
  },
  (t) => [
    uniqueIndex('messages_of_run').on(t.runId, t.seq),
    index('messages_of_agent').on(t.agentId, t.createdAt, t.id),
  ],
);

/** The truth behind every stream: gapless per run, bumped in the statement that changes the state (E9). */
export const runEvents = pgTable(
  'run_events',
  {
    runId: text('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    seq: integer('seq').notNull(),
    type: text('type').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
    speech: text('speech'),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.seq] })],
);
