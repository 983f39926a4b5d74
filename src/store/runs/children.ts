import { type SQL, sql } from 'drizzle-orm';
import type { DagNode } from '../../dag/definition.ts';
import type { DagTemplate } from '../dag-types.ts';
import type { Database } from '../database.ts';
import { toJson } from '../json.ts';
import { NOTHING_SPENT } from './budget.ts';
import { closeWork } from './end-attempt.ts';
import { DISPATCH_GRACE_MS, type Moved, moveRun, ms, type NewEvent, NOW, TERMINAL } from './move.ts';
import { type Fence, fenced } from './step.ts';

/** So many sub-agents may a run have in all, and so many agents may stand above one. */
export const MOST_CHILDREN = 8;
export const DEEPEST = 2;

/** A sub-agent about to begin, by the id of the call that asked for it. What is not here it gets from the row of the run. */
export interface NewChild extends Pick<DagTemplate, 'tools' | 'policies' | 'mcpServers'> {
  toolCallId: string;
  name: string;
  task: string;
  timeoutSeconds?: number | undefined;
}

/**
 * Creates the sub-agents of a step, one node of an execution each, and lets the run wait for them, all in this statement: the
 * run knows their execution from the moment on in which anybody can see it, so no end of them comes too early, and whoever
 * repeats the step finds them or makes them, never both. A cancel and a pause come first; then none is made.
 *
 * No call of the step has been carried out before: all but those of the sub-agents are `planned` again.
 */
export function waitForChildren(
  db: Database,
  input: Fence & {
    executionId: string;
    /** What the execution is called. */
    name: string;
    children: readonly NewChild[];
    engineVersion: number;
    outcomes: Record<'cancelled' | 'paused' | 'waiting', NewEvent>;
  },
): Promise<Moved | null> {
  const count = sql`${input.children.length}::int`;
  const next = sql`CASE WHEN cancel_requested THEN 'cancelled' WHEN pause_requested THEN 'paused' ELSE 'waiting' END`;
  const waits = sql`(${next}) = 'waiting'`;
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    guard: sql`${fenced(input)} AND child_execution_id IS NULL AND depth < ${DEEPEST}::int
      AND children + ${count} <= ${MOST_CHILDREN}::int`,
    next,
    // The step is paid for.
    spending: { charge: NOTHING_SPENT },
    set: [
      sql`child_execution_id = CASE WHEN ${waits} THEN ${input.executionId}::text END`,
      sql`children = children + CASE WHEN ${waits} THEN ${count} ELSE 0 END`,
      sql`waiting_for = CASE WHEN ${waits} THEN 'child' END`,
      sql`pause_requested = false`,
      sql`lease_expires_at = NULL`,
      sql`sweep_after = NULL`,
      sql`claims_without_commit = 0`,
      sql`finished_at = CASE WHEN (${next}) IN ${TERMINAL} THEN ${NOW} END`,
    ],
    outcomes: input.outcomes,
    arms: [
      ...closeWork(sql`true`),
      putCallsBack(input.children.map(({ toolCallId }) => toolCallId)),
      ...createChildren(input),
    ],
  });
}

const putCallsBack = (ofChildren: string[]) => sql`put_back AS (
  UPDATE tool_calls SET state = CASE WHEN arguments_sha256 IS NULL THEN 'planned' ELSE 'approved' END
  FROM moved WHERE moved.status NOT IN ${TERMINAL} AND run_id = moved.id AND tool_calls.step_no = moved.step_no + 1
    AND tool_calls.state = 'executing' AND NOT (moved.status = 'waiting' AND tool_calls.id = ANY(${sql.param(ofChildren)}::text[])))`;

/** What is left of the run's limit of cost is shared among them. */
const createChildren = ({
  executionId,
  name,
  children,
  engineVersion,
}: Parameters<typeof waitForChildren>[1]): SQL[] => {
  const count = sql`${children.length}::int`;
  const rows = children.map(({ toolCallId, name: childName, task, timeoutSeconds, ...template }, ordinal) => {
    // Its template is found by this id, as that of a node is by its agent's.
    const definition: DagNode = { id: toolCallId, agentId: toolCallId, task, timeoutSeconds };
    return { ordinal, definition, template, name: childName };
  });
  return [
    sql`child_execution AS (
      INSERT INTO dag_executions (id, dag_id, parent_run_id, organisation_id, user_id, trace_id, name, params, templates, engine_version, status,
        parallelism, free_slots, open_nodes, ready_nodes, event_seq, sweep_after)
      SELECT ${executionId}::text, NULL, p.id, p.organisation_id, p.user_id, p.trace_id, ${name}::text, '{}',
        (SELECT jsonb_object_agg(c.definition ->> 'id', c.template || jsonb_build_object(
            'agentId', p.agent_id, 'instructions', p.instructions, 'provider', p.provider, 'model', p.model, 'fallbacks', p.fallbacks,
            'maxSteps', p.max_steps, 'maxDurationSeconds', p.max_duration_seconds,
            'maxCostMicroUsd', CASE WHEN p.max_cost_micro_usd IS NOT NULL
              THEN GREATEST(0, p.max_cost_micro_usd - p.cost_micro_usd - p.delegated_micro_usd) / ${count} END,
            'repository', w.repository, 'baseBranch', w.base_branch, 'baseSha', w.base_sha,
            'child', jsonb_build_object('depth', p.depth + 1, 'parentRunId', p.id, 'name', c.name, 'isPrivate', w.is_private,
              'taint', jsonb_build_object('private', p.read_private, 'untrusted', p.read_untrusted))))
          FROM jsonb_to_recordset(${toJson(rows)}::jsonb) AS c (definition jsonb, template jsonb, name text)),
        ${engineVersion}::int, 'queued', ${count}, ${count}, ${count}, ${count}, 1, ${NOW}
      FROM moved p JOIN workspaces w ON w.id = p.workspace_id WHERE p.status = 'waiting'
      RETURNING id)`,
    sql`child_nodes AS (
      INSERT INTO dag_nodes (execution_id, node_id, ordinal, definition, fail_fast, status, remaining, retries_left)
      SELECT child_execution.id, c.definition ->> 'id', c.ordinal, c.definition, false, 'queued', 0, 0
      FROM child_execution, jsonb_to_recordset(${toJson(rows)}::jsonb) AS c (ordinal int, definition jsonb))`,
    sql`child_events AS (
      INSERT INTO dag_events (execution_id, seq, type, data)
      SELECT id, 1, 'execution.queued', ${toJson({ nodes: children.length })}::jsonb FROM child_execution)`,
  ];
};

/**
 * Tells a run that its sub-agents have ended, with what they and those below them have cost and read. One that waits for them is
 * queued; one that is paused finds it when it is resumed. Whoever says so, and however often, it is told once: `child_joined` is on its own
 * row (E1).
 *
 * @returns null when it has ended, or was told
 */
export function joinChildren(
  db: Database,
  input: { runId: string; executionId: string; operationId: string; event: NewEvent },
): Promise<Moved | null> {
  const queues = sql`(status = 'waiting' AND waiting_for = 'child')`;
  // They have ended, so what is read of them does not change any more. Of those below one that was cancelled some may yet have to heed it.
  const ofThem = (value: SQL) => sql`(WITH RECURSIVE family AS (
      SELECT c.* FROM runs c WHERE c.dag_execution_id = ${input.executionId}::text
      UNION ALL SELECT c.* FROM family JOIN runs c ON c.delegated_by = family.id
    ) SELECT ${value} FROM family)`;
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    takesOperation: sql`CASE WHEN ${queues} THEN ${input.operationId}::text ELSE operation_id END`,
    guard: sql`status NOT IN ${TERMINAL} AND child_execution_id = ${input.executionId}::text AND NOT child_joined`,
    next: sql`CASE WHEN ${queues} THEN 'queued' ELSE status END`,
    set: [
      sql`child_joined = true`,
      sql`delegated_micro_usd = delegated_micro_usd + ${ofThem(sql`COALESCE(sum(cost_micro_usd + reserved_micro_usd), 0)`)}`,
      sql`read_private = read_private OR ${ofThem(sql`COALESCE(bool_or(read_private), false)`)}`,
      sql`read_untrusted = read_untrusted OR ${ofThem(sql`COALESCE(bool_or(read_untrusted), false)`)}`,
      sql`waiting_for = CASE WHEN NOT ${queues} THEN waiting_for END`,
      sql`dispatch_no = dispatch_no + (${queues})::int`,
      sql`sweep_no = CASE WHEN ${queues} THEN 0 ELSE sweep_no END`,
      sql`sweep_after = CASE WHEN ${queues} THEN ${NOW} + ${ms(DISPATCH_GRACE_MS)} ELSE sweep_after END`,
    ],
    outcomes: { queued: input.event },
    outcomesWhen: queues,
    arms: [
      sql`tainted AS (UPDATE workspaces w SET read_private = w.read_private OR moved.read_private,
          read_untrusted = w.read_untrusted OR moved.read_untrusted
        FROM moved WHERE w.id = moved.workspace_id)`,
      sql`told_of_end AS (UPDATE dag_executions e SET sweep_after = NULL FROM moved WHERE e.id = moved.child_execution_id)`,
    ],
  });
}

/**
 * The arm by which whoever pauses, resumes or cancels a run that waits for sub-agents leaves word for the sweeper, in case nobody lives to
 * tell them. It may not see an execution that was made while it waited for the run's row; `heedParent` does.
 */
export const REMIND_CHILDREN: SQL = sql`reminded AS (
  UPDATE dag_executions e SET sweep_after = ${NOW}, cancel_requested = e.cancel_requested OR moved.status = 'cancelled' FROM moved
  WHERE e.id = moved.child_execution_id AND NOT moved.child_joined AND e.sweep_after IS NOT NULL)`;

/** Whether a paused run, as it was, waits for its sub-agents as soon as it is resumed. */
export const HAS_CHILDREN: SQL = sql`(child_execution_id IS NOT NULL AND NOT child_joined)`;
