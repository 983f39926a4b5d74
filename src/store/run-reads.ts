import { type SQL, sql } from 'drizzle-orm';
import type { OutputSchema } from '../output-schema/output-schema.ts';
import { RESULT_NAME } from '../outputs/outputs.ts';
import {
  after,
  boundedPage,
  FOUND,
  type Listed,
  positionOf,
  type RowPosition,
  rfc3339,
  toListed,
} from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { waitingForBudget } from './runs/budget.ts';
import { TERMINAL } from './runs/move.ts';
import { queuePosition } from './runs/slots.ts';
import type { Budget, Question, RunError, RunStatus, WaitingFor } from './states.ts';

/** Tokens; `inputTokens` leaves out what the provider's cache read or wrote. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}

/** What a run has brought so far. `branch` is where its commits go; null without a repository. */
interface RunResult {
  summary: string | null;
  branch: string | null;
  commits: { sha: string; message: string }[];
  pullRequest: { number: number; url: string; title: string } | null;
  /** The value that it has handed in under `outputSchema`; null before that, and may itself be null. */
  output: unknown;
}

/** A run as its owner sees it. Times are RFC 3339, costs are in US dollars. */
export interface Run {
  id: string;
  agentId: string;
  status: RunStatus;
  /** Its place among the runs of its organisation that are held back, from 1; null for one that is not. */
  queuePosition: number | null;
  waitingFor: WaitingFor | null;
  /** The limit that a run waits for. */
  waitingForBudget: Budget | null;
  /** What it has asked its user and nobody has answered; a paused run may have asked too. */
  question: Question | null;
  prompt: string;
  /** The run that it took up again. */
  retryOf: string | null;
  /** The run that it is a sub-agent of. */
  parentRunId: string | null;
  /** The goal that it is of, and the schedule and slot that started it. */
  goalId: string | null;
  scheduleId: string | null;
  slotAt: string | null;
  stepCount: number;
  maxSteps: number;
  /** How long workers have been at it, up to its last step. */
  durationSeconds: number;
  /** Null: no limit. */
  maxDurationSeconds: number | null;
  cancelRequested: boolean;
  pauseRequested: boolean;
  usage: Usage;
  costUsd: number;
  /** What its sub-agents have cost besides, those that it has waited for to the end. */
  delegatedCostUsd: number;
  /** The part of the cost that nobody knows, but takes for spent. */
  estimatedCostUsd: number;
  /** Null: no limit. */
  maxCostUsd: number | null;
  /** What its result is held to. */
  outputSchema: OutputSchema | null;
  result: RunResult;
  error: RunError | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

export const isActive = (r: SQL) => sql`${r}.status NOT IN ${TERMINAL}`;

export const completedCalls = (r: SQL, name: string) =>
  sql`FROM tool_calls c WHERE c.run_id = ${r}.id AND c.name = ${name}::text AND c.state = 'completed'`;

/** The four counts of tokens of a run or a step. */
export const usageJson = (row: SQL) => sql`json_build_object('inputTokens', ${row}.input_tokens,
  'outputTokens', ${row}.output_tokens, 'cacheReadTokens', ${row}.cache_read_tokens,
  'cacheWriteTokens', ${row}.cache_write_tokens)`;

export const usd = (microUsd: SQL) => sql`round(${microUsd} / 1000000.0, 6)`;

/** An open question is the last one in the run's log, where an answer can only come later; one that was withdrawn is none. */
const question = (
  r: SQL,
) => sql`CASE WHEN ${r}.status IN ('waiting', 'paused') AND ${r}.asked_seq IS NOT NULL AND NOT EXISTS
    (SELECT FROM messages m WHERE m.run_id = ${r}.id AND m.seq > ${r}.asked_seq AND m.withdrawn_at IS NULL) THEN
  (SELECT json_build_object('text', e.data -> 'question', 'choices', e.data -> 'choices')
    FROM run_events e WHERE e.run_id = ${r}.id AND e.type = 'question.asked' ORDER BY e.seq DESC LIMIT 1) END`;

/** The run under an alias as {@link Run}. Commits and pull request are what its completed calls say they made. */
export const runJson = (r: SQL) => sql`json_build_object('id', ${r}.id, 'agentId', ${r}.agent_id,
  'status', ${r}.status, 'queuePosition', ${queuePosition(r)}, 'waitingFor', ${r}.waiting_for, 'waitingForBudget', ${waitingForBudget(r)},
  'question', ${question(r)}, 'prompt', ${r}.prompt, 'retryOf', ${r}.retry_of, 'parentRunId', ${r}.delegated_by, 'goalId', ${r}.goal_id,
  'scheduleId', ${r}.schedule_id, 'slotAt', ${rfc3339(sql`${r}.slot_at`)}, 'stepCount', ${r}.step_no,
  'maxSteps', ${r}.max_steps, 'durationSeconds', ${r}.active_ms / 1000, 'maxDurationSeconds', ${r}.max_duration_seconds,
  'cancelRequested', ${r}.cancel_requested, 'pauseRequested', ${r}.pause_requested,
  'usage', ${usageJson(r)}, 'costUsd', ${usd(sql`${r}.cost_micro_usd`)}, 'delegatedCostUsd', ${usd(sql`${r}.delegated_micro_usd`)},
  'estimatedCostUsd', ${usd(sql`${r}.estimated_cost_micro_usd`)}, 'maxCostUsd', ${usd(sql`${r}.max_cost_micro_usd`)},
  'outputSchema', ${r}.output_schema,
  'result', json_build_object('summary', ${r}.summary,
    'branch', (SELECT branch FROM workspaces w WHERE w.id = ${r}.workspace_id AND w.repository IS NOT NULL),
    'commits', (SELECT COALESCE(json_agg(
        json_build_object('sha', c.result -> 'sha', 'message', c.result -> 'message')
        ORDER BY c.step_no, c.ordinal), '[]') ${completedCalls(r, 'commit')}),
    'pullRequest', (SELECT json_build_object('number', c.result -> 'number', 'url', c.result -> 'url',
        'title', c.result -> 'title') ${completedCalls(r, 'open_pull_request')}
      ORDER BY c.step_no DESC, c.ordinal DESC LIMIT 1),
    'output', CASE WHEN ${r}.output_schema IS NOT NULL THEN
      (SELECT o.content::json FROM outputs o WHERE o.run_id = ${r}.id AND o.name = ${RESULT_NAME}::text) END),
  'error', ${r}.error, 'createdAt', ${rfc3339(sql`${r}.created_at`)},
  'startedAt', ${rfc3339(sql`${r}.started_at`)}, 'finishedAt', ${rfc3339(sql`${r}.finished_at`)})`;

/** A run of this user. Null for an unknown one and for another user's. */
export async function findRun(db: Database, organisationId: string, runId: string): Promise<Run | null> {
  const [row] = await query<{ run: Run }>(
    db,
    sql`SELECT ${runJson(sql`r`)} AS run FROM runs r WHERE r.id = ${runId}::text AND r.organisation_id = ${organisationId}::text`,
  );
  return row?.run ?? null;
}

/** Which runs to list; `undefined` leaves a question open. */
export interface RunQuery {
  organisationId: string;
  agentId?: string | undefined;
  goalId?: string | undefined;
  /** Only the runs of this execution of a DAG, which are listed only so or with their agent. */
  dagExecutionId?: string | undefined;
  /** Only the sub-agents' of this run, which are listed only so or with their agent. */
  parentRunId?: string | undefined;
  status?: RunStatus | undefined;
  limit: number;
  after: RowPosition | undefined;
}

/** What the schema and the result of a run weigh on a page. */
const resultBytes = sql` + CASE WHEN output_schema IS NULL THEN 0 ELSE octet_length(output_schema::text)
  + COALESCE((SELECT o.bytes FROM outputs o WHERE o.run_id = page.id AND o.name = ${RESULT_NAME}::text), 0) END`;

/** The organisation's runs, newest first. */
export async function listRuns(db: Database, input: RunQuery): Promise<Listed<Run>> {
  const {
    organisationId,
    agentId = null,
    dagExecutionId = null,
    parentRunId,
    goalId,
    status = null,
    limit,
  } = input;
  // Nodes of DAGs, sub-agents and jobs have lists of their own.
  const among =
    parentRunId !== undefined
      ? sql`r.delegated_by = ${parentRunId}::text`
      : agentId === null
        ? sql`r.kind = 'agent' AND r.planning IS NULL AND r.dag_execution_id IS NOT DISTINCT FROM ${dagExecutionId}::text`
        : sql`true`;
  const rows = sql`SELECT r.* FROM runs r
    WHERE r.organisation_id = ${organisationId}::text AND ${after(sql`r`, input.after)} AND ${among}
      AND r.agent_id = COALESCE(${agentId}::text, r.agent_id) AND r.status = COALESCE(${status}::text, r.status)
      AND ${goalId === undefined ? sql`true` : sql`r.goal_id = ${goalId}::text`}
    ORDER BY r.created_at DESC, r.id DESC LIMIT ${limit + 1}::int`;
  const bytes = sql`octet_length(prompt) + COALESCE(octet_length(summary), 0)${resultBytes}`;
  const kept = sql`kept`;
  return toListed(
    await query<{ item: Run; position: RowPosition; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`created_at DESC, id DESC`, bytes, limit })}
        SELECT ${runJson(kept)} AS item, ${positionOf(kept)} AS position, ${FOUND} AS found FROM kept ORDER BY n`,
    ),
  );
}

/** What a run has to show for a diff. */
export type RunChanges = {
  /** Whose agent it is: what is in the repository is read as they. */
  userId: string;
  repository: string | null;
  branch: string;
  baseBranch: string | null;
  baseSha: string | null;
  startSha: string | null;
  /** The last commit it made; null when it made none. */
  lastSha: string | null;
  /** Edits nobody has committed yet; they belong to the newest run of the workspace. */
  files: { path: string; content: string | null }[];
};

/** The changes of an organisation's run. Null for an unknown one and for another's. */
export async function readChanges(
  db: Database,
  organisationId: string,
  runId: string,
): Promise<RunChanges | null> {
  const [row] = await query<RunChanges>(
    db,
    sql`SELECT r.user_id AS "userId", w.repository, w.branch, w.base_branch AS "baseBranch", w.base_sha AS "baseSha",
      r.start_sha AS "startSha",
      (SELECT c.result ->> 'sha' ${completedCalls(sql`r`, 'commit')} ORDER BY c.step_no DESC, c.ordinal DESC LIMIT 1)
        AS "lastSha",
      (SELECT COALESCE(json_agg(json_build_object('path', f.path, 'content', f.content)), '[]')
        FROM workspace_files f WHERE f.workspace_id = w.id AND NOT EXISTS (SELECT FROM runs later
          WHERE later.workspace_id = w.id AND (later.created_at, later.id) > (r.created_at, r.id))) AS files
      FROM runs r JOIN workspaces w ON w.id = r.workspace_id
      WHERE r.id = ${runId}::text AND r.organisation_id = ${organisationId}::text`,
  );
  return row ?? null;
}
