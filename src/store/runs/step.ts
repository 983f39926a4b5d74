import { type SQL, sql } from 'drizzle-orm';
import type { DagDefinition } from '../../dag/definition.ts';
import type { ScopedChanges } from '../../memory/memory.ts';
import type { AssistantBlock, ModelUsage, StopReason } from '../../models/port.ts';
import type { NewOutput } from '../../outputs/outputs.ts';
import type { WorkspaceChanges } from '../../workspace/workspace.ts';
import type { Database } from '../database.ts';
import { toJson, toText } from '../json.ts';
import type { AskedBecause, ModelChoice, RunError, StepKind, ToolCallState } from '../states.ts';
import {
  type Allowance,
  type Charge,
  NEXT,
  NOTHING_SPENT,
  REACHED,
  type StepCost,
  WAKE_AT,
} from './budget.ts';
import { storeMemories } from './memories.ts';
import { DISPATCH_GRACE_MS, type Moved, moveRun, ms, type NewEvent, NOW, TERMINAL } from './move.ts';
import { type NextRun, startNext } from './next-run.ts';
import { storeOutputs } from './outputs.ts';
import { type Taint, tainted, UNTAINTED } from './taint.ts';
import { baseAfter, NOT_MOVED, storeChanges } from './workspace-changes.ts';

/** What every write of a worker carries: the run, the epoch of its claim (E2), and an id of its own (E3). */
export interface Fence {
  runId: string;
  epoch: number;
  operationId: string;
}

export interface StepRow {
  stepNo: number;
  /** For a compaction, whose content is its summary: the last step that the summary stands for. Null for a turn. */
  coversStepNo: number | null;
  content: AssistantBlock[];
  stopReason: StopReason;
  /** How far into the inbox the model had read; for a compaction, at the last step that it covers. */
  deliveredSeq: number;
  /** Which model took it. */
  by?: ModelChoice;
  usage: ModelUsage;
  costMicroUsd: number;
  modelMs: number;
  /** What the model is told behind it: why the run could not end with it. */
  note?: string | null;
  /** When the model had answered: RFC 3339, whole seconds. Repeated effects carry it, so it is stored with the plan. */
  createdAt: string;
}

export interface ToolCallRow {
  id: string;
  ordinal: number;
  providerCallId: string;
  name: string;
  state: ToolCallState;
  /** Its worker writes down when it begins with it, one by one, and what came of it: see `marked.ts`. */
  marked: boolean;
  /** What the user's approval is bound to; null for a call that nobody asked about. */
  argumentsSha256: string | null;
  /** Why its user was asked first. */
  askedBecause?: AskedBecause | null;
  output: string | null;
  result: Record<string, unknown> | null;
}

/** The guard of every write of a worker (E2). */
export const fenced = (fence: Fence) => sql`epoch = ${fence.epoch}::int AND status = 'running'`;

/**
 * The same for one that leaves the run as it found it and must not be made twice: its repetition after a lost answer finds its
 * own id (E3).
 */
export const fencedOnce = (fence: Fence) =>
  sql`${fenced(fence)} AND operation_id IS DISTINCT FROM ${fence.operationId}::text`;

const kindOf = (step: StepRow): StepKind => (step.coversStepNo === null ? 'turn' : 'compaction');

/** @param baseSha the workspace's base after the step, when the step moved it */
export const insertStep = (step: StepRow, committed: boolean, baseSha = NOT_MOVED) => sql`step AS (
  INSERT INTO steps (run_id, step_no, epoch, kind, covers_step_no, content, stop_reason, delivered_seq, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, cost_micro_usd, model_ms, provider, model, created_at, committed_at, base_sha, note)
  SELECT id, ${step.stepNo}::int, epoch, ${kindOf(step)}::text, ${step.coversStepNo}::int, ${toJson(step.content)}::json,
    ${step.stopReason}::text,
    ${step.deliveredSeq}::int, ${step.usage.inputTokens}::bigint, ${step.usage.outputTokens}::bigint,
    ${step.usage.cacheReadTokens}::bigint, ${step.usage.cacheWriteTokens}::bigint, ${step.costMicroUsd}::bigint,
    ${step.modelMs}::int, ${step.by?.provider ?? null}::text, ${step.by?.model ?? null}::text, ${step.createdAt}::timestamptz, ${committed ? NOW : sql`NULL`}, ${baseSha},
    ${step.note ? toText(step.note) : null}::text FROM moved)`;

const finishStep = (stepNo: number, baseSha: SQL, answeredSeq: number | null) => sql`step AS (
  UPDATE steps SET committed_at = ${NOW}, base_sha = ${baseSha}, answered_seq = ${answeredSeq}::int
  FROM moved WHERE run_id = moved.id AND steps.step_no = ${stepNo}::int)`;

/** Inserts the calls, or brings planned ones to their end. */
export const putCalls = (stepNo: number, calls: ToolCallRow[], state = sql`c.state`) => sql`calls AS (
  INSERT INTO tool_calls (id, run_id, step_no, ordinal, provider_call_id, name, state, marked, arguments_sha256,
    asked_because, output, result, finished_at)
  SELECT c.id, moved.id, ${stepNo}::int, c.ordinal, c."providerCallId", c.name, ${state}, c.marked, c."argumentsSha256",
    c."askedBecause", c.output, c.result,
    CASE WHEN ${state} NOT IN ('planned', 'executing', 'awaitingApproval', 'awaitingInput') THEN ${NOW} END
  FROM moved, jsonb_to_recordset(${toJson(calls)}::jsonb) AS c
    (id text, ordinal int, "providerCallId" text, name text, state text, marked boolean, "argumentsSha256" text,
     "askedBecause" text, output text, result jsonb)
  ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state, output = EXCLUDED.output,
    result = COALESCE(EXCLUDED.result, tool_calls.result),
    finished_at = COALESCE(tool_calls.finished_at, EXCLUDED.finished_at))`;

/** What a step's call of the model has cost, which is known. */
export const chargeOf = (step: StepRow): Charge => ({ microUsd: step.costMicroUsd, isEstimate: false });

const heard = (seq: number) => sql`delivered_seq = GREATEST(delivered_seq, ${seq}::int)`;

export const account = (step: StepRow) => [
  sql`input_tokens = input_tokens + ${step.usage.inputTokens}::bigint`,
  sql`output_tokens = output_tokens + ${step.usage.outputTokens}::bigint`,
  sql`cache_read_tokens = cache_read_tokens + ${step.usage.cacheReadTokens}::bigint`,
  sql`cache_write_tokens = cache_write_tokens + ${step.usage.cacheWriteTokens}::bigint`,
  heard(step.deliveredSeq),
];

/** An approval about to be asked for. */
interface NewApproval {
  id: string;
  toolCallId: string;
  argumentsSha256: string;
}

export interface PlanInput extends Fence {
  leaseMs: number;
  step: StepRow;
  calls: ToolCallRow[];
  events: NewEvent[];
  /** Raised all at once; with any, the run gives its worker up and waits until the last one is decided. */
  approvals: NewApproval[];
  approvalTtlMs: number;
  outcomes: Record<'cancelled' | 'paused' | 'waiting', NewEvent | NewEvent[]>;
}

/**
 * Writes down a step before its effects, so that whoever comes next carries out this plan and does not ask again. A step
 * that needs the user's word waits for it from this very statement on: no decision can come too early.
 */
export function planStep(db: Database, input: PlanInput): Promise<Moved | null> {
  const asks = input.approvals.length > 0;
  const next = asks
    ? sql`CASE WHEN cancel_requested THEN 'cancelled' WHEN pause_requested THEN 'paused' ELSE 'waiting' END`
    : sql`'running'`;
  const leaseEnd = sql`${NOW} + ${ms(input.leaseMs)}`;
  const expiry = sql`${NOW} + ${ms(input.approvalTtlMs)}`;
  const waits = sql`(${next}) = 'waiting'`;
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    guard: sql`${fenced(input)} AND step_no = ${input.step.stepNo - 1}::int`,
    next,
    spending: { charge: chargeOf(input.step), settles: true },
    set: [
      ...account(input.step),
      // What is left of the step is paid for.
      sql`step_least_micro_usd = 0`,
      sql`step_most_micro_usd = 0`,
      ...(asks
        ? [
            sql`open_waits = ${input.approvals.length}::int`,
            sql`waiting_for = CASE WHEN ${waits} THEN 'approval' END`,
            sql`pause_requested = false`,
            sql`lease_expires_at = NULL`,
            sql`sweep_after = CASE WHEN ${waits} THEN ${expiry} END`,
            sql`claims_without_commit = 0`,
            sql`finished_at = CASE WHEN (${next}) IN ${TERMINAL} THEN ${NOW} END`,
          ]
        : [sql`lease_expires_at = ${leaseEnd}`, sql`sweep_after = ${leaseEnd}`]),
      sql`asked_seq = NULL`,
    ],
    events: input.events,
    outcomes: asks ? input.outcomes : {},
    arms: [
      insertStep(input.step, false),
      putCalls(
        input.step.stepNo,
        input.calls,
        sql`CASE WHEN moved.status = 'cancelled' THEN 'skipped' ELSE c.state END`,
      ),
      ...(asks ? [askForApprovals(input.approvals, expiry)] : []),
    ],
  });
}

const askForApprovals = (approvals: NewApproval[], expiry: SQL) => sql`asked AS (
  INSERT INTO approvals (id, organisation_id, run_id, tool_call_id, arguments_sha256, state, expires_at)
  SELECT a.id, moved.organisation_id, moved.id, a."toolCallId", a."argumentsSha256",
    CASE WHEN moved.status = 'cancelled' THEN 'cancelled' ELSE 'pending' END, ${expiry}
  FROM moved, jsonb_to_recordset(${toJson(approvals)}::jsonb) AS a
    (id text, "toolCallId" text, "argumentsSha256" text))`;

const keepPlanned = (dag: DagDefinition) => sql`kept_dag AS (
  INSERT INTO dags (id, organisation_id, user_id, definition)
  SELECT planning ->> 'dagId', organisation_id, user_id, ${toJson(dag)}::jsonb FROM moved WHERE status = 'completed' AND planning IS NOT NULL
  ON CONFLICT (id) DO UPDATE SET definition = excluded.definition, updated_at = ${NOW})`;

export interface CommitInput extends Fence {
  leaseMs: number;
  workspaceId: string;
  step: StepRow;
  /** The step's row exists already, by `planStep`. */
  planned: boolean;
  calls: ToolCallRow[];
  changes: WorkspaceChanges;
  /** What its results let in that the run had not read before. */
  taint?: Taint;
  /** What the step remembered and forgot. Where there is no room for it nothing is committed. */
  memories?: ScopedChanges;
  outputs?: readonly NewOutput[];
  /** The message that answered the step's question. */
  answeredSeq?: number;
  /** How far the plan has come, in hundredths, when the step showed one. */
  progress?: number;
  /** The step had sub-agents: the next one may have others. */
  joined?: true;
  /** What the run was to plan. It is kept when the run ends with it. */
  dag?: DagDefinition;
  /**
   * Told when the run turns to its user because it does the same again and again. A message that the step
   * had not heard comes first.
   */
  stuck?: NewEvent[];
  /** What the worker wants next. The row decides: a cancel, a pause, the inbox and the step limit come first. */
  intent: 'finish' | 'fail' | 'continue' | 'handOver';
  /** Why the run fails with the step. */
  error?: RunError | null;
  summary: string | null;
  events: NewEvent[];
  budget: Allowance & { nextStep: StepCost };
  outcomes: Partial<Record<'completed' | 'failed' | 'cancelled' | 'paused', NewEvent>>;
  nextRun: NextRun;
}

/**
 * Commits a step with its results, edits and events, and at once continues, hands over, waits or ends. To continue it takes
 * the next step's reservation.
 */
export function commitStep(db: Database, input: CommitInput): Promise<Moved | null> {
  const { step, changes, taint = UNTAINTED } = input;
  const heardAll = sql`inbox_seq <= ${step.deliveredSeq}::int`;
  const asks = input.stuck ? sql`(${heardAll} AND NOT cancel_requested AND NOT pause_requested)` : sql`false`;
  const next = sql`CASE
    WHEN cancel_requested THEN 'cancelled'
    WHEN ${input.intent === 'fail'}::boolean THEN 'failed'
    WHEN ${input.intent === 'finish'}::boolean AND ${heardAll} THEN 'completed'
    WHEN pause_requested THEN 'paused'
    WHEN ${asks} THEN 'waiting'
    WHEN ${input.intent === 'handOver'}::boolean THEN 'queued'
    ELSE 'running' END`;
  const { nextStep } = input.budget;
  const endsRun = input.intent === 'finish' || input.intent === 'fail';
  // The step's number keeps a repetition of this very commit from counting twice.
  const guard = sql`${fenced(input)} AND step_no = ${step.stepNo - 1}::int`;
  const memories =
    input.memories && storeMemories({ runId: input.runId, stepNo: step.stepNo, guard }, input.memories);
  const becomes = (status: string) => sql`${NEXT} = ${status}::text`;
  return moveRun(db, {
    runId: input.runId,
    operationId: input.operationId,
    ...(memories ? { before: memories.before } : {}),
    guard: memories ? sql`${guard} AND ${memories.guard}` : guard,
    next,
    spending: {
      charge: input.planned ? NOTHING_SPENT : chargeOf(step),
      limits: {
        ...input.budget,
        // A message that keeps the run from ending may be withdrawn before anybody hears it.
        exempt: sql`${endsRun}::boolean`,
        stepCount: sql`step_no + 1`,
        least: sql`${nextStep.leastMicroUsd}::bigint`,
        most: sql`${nextStep.mostMicroUsd}::bigint`,
      },
    },
    set: [
      sql`step_no = step_no + 1`,
      sql`step_least_micro_usd = ${nextStep.leastMicroUsd}::bigint`,
      sql`step_most_micro_usd = ${nextStep.mostMicroUsd}::bigint`,
      sql`lease_expires_at = CASE WHEN ${becomes('running')} THEN ${NOW} + ${ms(input.leaseMs)} END`,
      sql`sweep_after = CASE WHEN ${becomes('running')} THEN ${NOW} + ${ms(input.leaseMs)}
        WHEN ${becomes('queued')} THEN ${NOW} + ${ms(DISPATCH_GRACE_MS)} ELSE ${WAKE_AT} END`,
      sql`wake_at = ${WAKE_AT}`,
      sql`dispatch_no = dispatch_no + (${becomes('queued')})::int`,
      sql`sweep_no = CASE WHEN ${becomes('queued')} THEN 0 ELSE sweep_no END`,
      sql`waiting_for = CASE WHEN ${asks} THEN 'input' WHEN ${REACHED} IS NOT NULL THEN 'budget' END`,
      sql`asked_seq = CASE WHEN ${asks} THEN inbox_seq END`,
      sql`pause_requested = pause_requested AND NOT ${becomes('paused')}`,
      sql`finished_at = CASE WHEN ${NEXT} IN ${TERMINAL} THEN ${NOW} END`,
      sql`claims_without_commit = 0`,
      sql`failures = 0`,
      sql`answered = ${input.intent === 'finish'}::boolean`,
      sql`outgrown = false`,
      ...(input.error
        ? [sql`error = CASE WHEN ${becomes('failed')} THEN ${toJson(input.error)}::jsonb END`]
        : []),
      sql`summary = COALESCE(${input.summary && toText(input.summary)}::text, summary)`,
      ...(input.planned ? [] : account(step)),
      ...tainted(taint),
      ...(input.progress === undefined ? [] : [sql`progress = GREATEST(progress, ${input.progress}::int)`]),
      ...(step.note ? [sql`refused_ends = refused_ends + 1`] : []),
      ...(input.answeredSeq === undefined ? [] : [heard(input.answeredSeq)]),
      ...(input.joined ? [sql`child_execution_id = NULL`, sql`child_joined = false`] : []),
    ],
    events: input.events,
    tell: input.stuck ? [{ when: asks, events: input.stuck }] : [],
    outcomes: input.outcomes,
    // The step's row tells where the base went: the arm that moves it comes first.
    arms: [
      ...storeChanges(input.workspaceId, changes, taint),
      input.planned
        ? finishStep(step.stepNo, baseAfter(changes), input.answeredSeq ?? null)
        : insertStep(step, true, baseAfter(changes)),
      ...(input.calls.length > 0 ? [putCalls(step.stepNo, input.calls)] : []),
      ...(memories?.arms ?? []),
      ...storeOutputs(input.outputs ?? []),
      ...(input.dag ? [keepPlanned(input.dag)] : []),
      // Nothing else ends a run here, and a cancelled one starts none.
      ...(endsRun ? startNext(input.nextRun, changes.baseSha) : []),
    ],
    ...(endsRun ? { starts: input.nextRun.runIds } : {}),
  });
}
