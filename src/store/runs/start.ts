import { sql } from 'drizzle-orm';
import type { OutputSchema } from '../../output-schema/output-schema.ts';
import type { Policies } from '../../tools/policy.ts';
import type { Planning } from '../dag-types.ts';
import type { Database } from '../database.ts';
import type { OfGoal } from '../goal-types.ts';
import { toJson } from '../json.ts';
import { writeOnce } from '../operation.ts';
import type { AgentKind, ModelChoice, PushTo } from '../states.ts';
import { ALONE, type Along, armsOf } from './along.ts';
import { memoriesOf } from './memories.ts';
import { DISPATCH_GRACE_MS, ms, type NewEvent, TERMINAL } from './move.ts';
import { taintWorkspace } from './taint.ts';
import { TAKEN_OVER } from './taken-over.ts';

export interface NewRun {
  runId: string;
  agentId: string;
  prompt: string;
  engineVersion: number;
  /** The trace of the request that starts it. */
  traceId?: string | null;
  event: NewEvent;
  /** Anybody may have written its prompt. */
  isUntrusted?: boolean | undefined;
  /** The run that this one takes up again: it failed or was cancelled, and no other has come after it. */
  retryOf?: string;
  /** What it takes from a goal. */
  goal?: OfGoal;
  /** What its result is held to; where left out, what its agent says. */
  outputSchema?: OutputSchema | null | undefined;
}

/** The arms that create a run of the agent in `agent (…)`, a query that has what `TAKEN_OVER` takes but for the goal. */
export const createRun = (run: NewRun, agent: ReturnType<typeof sql>) => sql`run AS (
    INSERT INTO runs (id, ${TAKEN_OVER.columns}, prompt, retry_of, trace_id, engine_version, status, event_seq, sweep_after)
    SELECT ${run.runId}::text, ${TAKEN_OVER.values}, ${run.prompt}::text, ${run.retryOf ?? null}::text,
      ${run.traceId ?? null}::text, ${run.engineVersion}::int, 'queued', 1, engine_now() + ${ms(DISPATCH_GRACE_MS)}
    FROM (SELECT agent.*, ${ownJson(run)}::jsonb AS goal FROM (${agent}) AS agent) AS a
    ON CONFLICT (agent_id) WHERE status NOT IN ${TERMINAL} DO NOTHING
    RETURNING id, workspace_id
  ), event AS (
    INSERT INTO run_events (run_id, seq, type, data, speech)
    SELECT id, 1, ${run.event.type}::text, ${toJson(run.event.data)}::jsonb, ${run.event.speech}::text FROM run
  )`;

/**
 * Starts a run of an idle agent; the row is its own outbox (E4).
 *
 * @returns false when the agent has an active run already (E13) or is archived, the run to retry is not to be retried, or what goes
 * along with it does not hold
 */
export async function startRun(db: Database, run: NewRun, along: Along = ALONE): Promise<boolean> {
  // The lock is what makes an archiving and a start see one another; a snapshot would let the start slip past (E1).
  const started = await writeOnce(
    db,
    sql`WITH ${sql.join(along.before.map((arm) => sql`${arm}, `))}${createRun(
      run,
      sql`SELECT agents.*, w.base_sha, ${memoriesOf(sql`agents.id`)} AS memories FROM agents JOIN workspaces w ON w.id = agents.workspace_id
        WHERE agents.id = ${run.agentId}::text AND archived_at IS NULL AND ${mayRetry(run)} AND ${along.guard} FOR SHARE OF agents`,
    )}${armsOf([...taintWorkspace(taintOf(run), sql`run`), ...along.arms(sql`run`)])} SELECT id FROM run`,
    sql`SELECT id FROM runs WHERE id = ${run.runId}::text`,
  );
  return started !== null;
}

const taintOf = (run: NewRun | null) => ({ private: false, untrusted: run?.isUntrusted ?? false });

/** Ended runs stay as they are (E8), and one that began meanwhile is active: the unique index refuses the retry (E13). */
const mayRetry = ({ agentId, retryOf }: NewRun) =>
  retryOf === undefined
    ? sql`true`
    : sql`EXISTS (SELECT FROM runs stopped WHERE stopped.id = ${retryOf}::text AND stopped.agent_id = ${agentId}::text
        AND stopped.status IN ('failed', 'cancelled') AND NOT EXISTS (SELECT FROM runs later
          WHERE later.agent_id = stopped.agent_id AND (later.created_at, later.id) > (stopped.created_at, stopped.id)))`;

/**
 * What a run has that its agent does not say, as `TAKEN_OVER` reads it. The schema is text in it: `jsonb` would sort its keys, and a model
 * writes in their order.
 */
export const ownJson = ({ goal, outputSchema }: Pick<NewRun, 'goal' | 'outputSchema'>): string | null =>
  goal || outputSchema
    ? toJson({ ...goal, ...(outputSchema ? { outputSchema: JSON.stringify(outputSchema) } : {}) })
    : null;

export interface NewAgent {
  id: string;
  organisationId: string;
  userId: string;
  kind?: AgentKind | undefined;
  name: string;
  instructions: string | null;
  provider: string;
  model: string;
  fallbacks?: readonly ModelChoice[];
  tools: readonly string[];
  policies: Policies;
  /** Ids of remote servers; none where left out. */
  mcpServers?: readonly string[];
  maxSteps: number;
  /** Limits of each run; none where null or left out. */
  maxCostMicroUsd?: number | null;
  maxDurationSeconds?: number | null;
  /** What the results of its runs are held to. */
  outputSchema?: OutputSchema | null | undefined;
  /** What its runs are to plan. */
  planning?: Planning | null;
  /** Where what its runs write is pushed when they end. */
  pushTo?: PushTo | null;
  workspace: {
    id: string;
    repository: string | null;
    baseBranch: string | null;
    branch: string;
    baseSha: string | null;
    /** Whether only some may read its repository; it is taken to be so where nobody has said. */
    isPrivate?: boolean;
  };
}

/**
 * Creates an agent with its workspace and, given a prompt, its first run: all of it or nothing.
 *
 * @param along its first arms may read from `owner`, which is empty when nothing is made
 * @returns false when its user is not a member of the organisation any more, or what goes along with it does not hold
 */
export async function createAgent(
  db: Database,
  agent: NewAgent,
  run: NewRun | null,
  along: Along = ALONE,
): Promise<boolean> {
  const { workspace } = agent;
  const created = await writeOnce(
    db,
    sql`WITH owner AS (
      SELECT organisation_id FROM members WHERE organisation_id = ${agent.organisationId}::text
        AND user_id = ${agent.userId}::text FOR KEY SHARE
    )${armsOf(along.before)}, workspace AS (
      INSERT INTO workspaces (id, repository, base_branch, branch, base_sha, is_private, read_untrusted)
      SELECT ${workspace.id}::text, ${workspace.repository}::text, ${workspace.baseBranch}::text,
        ${workspace.branch}::text, ${workspace.baseSha}::text, ${workspace.isPrivate ?? true}::boolean, ${taintOf(run).untrusted}::boolean FROM owner WHERE ${along.guard}
      RETURNING *
    ), agent AS (
      INSERT INTO agents (id, organisation_id, user_id, workspace_id, kind, name, instructions, repository, base_branch, provider, model, fallbacks, tools, policies, mcp_servers,
        max_steps, max_cost_micro_usd, max_duration_seconds, output_schema, planning, push_to)
      SELECT ${agent.id}::text, ${agent.organisationId}::text, ${agent.userId}::text, id, ${agent.kind ?? 'agent'}::text, ${agent.name}::text, ${agent.instructions}::text, repository,
        base_branch, ${agent.provider}::text, ${agent.model}::text, ${toJson(agent.fallbacks ?? [])}::jsonb, ${sql.param([...agent.tools])}::text[],
        ${toJson(agent.policies)}::jsonb, ${sql.param([...(agent.mcpServers ?? [])])}::text[],
        ${agent.maxSteps}::int, ${agent.maxCostMicroUsd ?? null}::bigint, ${agent.maxDurationSeconds ?? null}::int,
        ${agent.outputSchema ? JSON.stringify(agent.outputSchema) : null}::json,
        ${agent.planning ? toJson(agent.planning) : null}::jsonb, ${agent.pushTo ? toJson(agent.pushTo) : null}::jsonb
      FROM workspace
      RETURNING *
    )${run ? sql`, ${createRun(run, sql`SELECT agent.*, workspace.base_sha, '{}'::jsonb AS memories FROM agent, workspace`)}` : sql``}${armsOf(along.arms(sql`agent`))}
    SELECT id FROM agent`,
    sql`SELECT id FROM agents WHERE id = ${agent.id}::text`,
  );
  return created !== null;
}
