import { sql } from 'drizzle-orm';
import type { OutputSchema } from '../output-schema/output-schema.ts';
import type { Policies } from '../tools/policy.ts';
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
import { isActive, type Run, runJson, usd } from './run-reads.ts';
import type { AgentKind, ModelChoice, RunStatus, TerminalStatus } from './states.ts';

type AgentStatus = 'idle' | 'archived' | Exclude<RunStatus, TerminalStatus>;

/** An agent as its organisation sees it. Times are RFC 3339. */
export interface Agent {
  id: string;
  kind: AgentKind;
  name: string;
  instructions: string | null;
  /** "owner/name". It, `baseBranch` and `branch` are null for an agent without a repository. */
  repository: string | null;
  baseBranch: string | null;
  /** Where its commits go. */
  branch: string | null;
  provider: string;
  model: string;
  /** What is asked, in order, while that one is away. */
  fallbacks: ModelChoice[];
  tools: string[];
  policies: Policies;
  /** Ids of remote servers whose tools it gets. */
  mcpServers: string[];
  maxSteps: number;
  /** The step at which it was forked from another agent. */
  forkedFrom: { agentId: string; runId: string; stepNo: number } | null;
  /** Of each run, in US dollars; null for no limit. */
  maxCostUsd: number | null;
  /** Of each run, waits and pauses not counted; null for no limit. */
  maxDurationSeconds: number | null;
  /** What the results of its runs are held to, unless another schema comes with a run. */
  outputSchema: OutputSchema | null;
  /** Its active run's, unless it is archived. */
  status: AgentStatus;
  activeRun: Run | null;
  createdAt: string;
  updatedAt: string;
}

const a = sql`a`;
const r = sql`r`;

const STATUS = sql`CASE WHEN a.archived_at IS NOT NULL THEN 'archived' ELSE COALESCE(r.status, 'idle') END`;

const ACTIVE_RUN = sql`LEFT JOIN runs r ON r.agent_id = a.id AND ${isActive(r)}`;

/** The agent `a` with its active run `r` as {@link Agent}. */
const AGENT = sql`json_build_object('id', a.id, 'kind', a.kind, 'name', a.name, 'instructions', a.instructions,
  'repository', a.repository, 'baseBranch', a.base_branch,
  'branch', (SELECT branch FROM workspaces w WHERE w.id = a.workspace_id AND w.repository IS NOT NULL),
  'provider', a.provider, 'model', a.model, 'fallbacks', a.fallbacks, 'tools', a.tools,
  'policies', a.policies, 'mcpServers', a.mcp_servers, 'maxSteps', a.max_steps,
  'maxCostUsd', ${usd(sql`a.max_cost_micro_usd`)}, 'maxDurationSeconds', a.max_duration_seconds, 'outputSchema', a.output_schema,
  'forkedFrom', (SELECT json_build_object('agentId', p.agent_id, 'runId', p.id, 'stepNo', w.parent_step_no)
    FROM workspaces w JOIN runs p ON p.id = w.parent_run_id WHERE w.id = a.workspace_id),
  'status', ${STATUS},
  'activeRun', CASE WHEN r.id IS NOT NULL THEN ${runJson(r)} END,
  'createdAt', ${rfc3339(sql`a.created_at`)}, 'updatedAt', ${rfc3339(sql`a.updated_at`)})`;

/** An agent of this organisation. Null for an unknown one and for another's. */
export async function findAgent(
  db: Database,
  organisationId: string,
  agentId: string,
): Promise<Agent | null> {
  const [row] = await query<{ agent: Agent }>(
    db,
    sql`SELECT ${AGENT} AS agent FROM agents a ${ACTIVE_RUN}
      WHERE a.id = ${agentId}::text AND a.organisation_id = ${organisationId}::text`,
  );
  return row?.agent ?? null;
}

/** Which agents to list; `undefined` leaves a question open. */
export interface AgentQuery {
  organisationId: string;
  status?: AgentStatus | undefined;
  /** Only the agents of this execution of a DAG, which are in no other list. */
  dagExecutionId?: string | undefined;
  /** Left out, `agent`: those behind jobs are listed only when asked for. */
  kind?: AgentKind | undefined;
  limit: number;
  after: RowPosition | undefined;
}

/** The organisation's agents in a state, newest first; without one, all that are not archived. Those of an execution are there with it alone, those that plan nowhere. */
export async function listAgents(db: Database, input: AgentQuery): Promise<Listed<Agent>> {
  const { organisationId, status, dagExecutionId, kind = 'agent', limit } = input;
  const among = dagExecutionId
    ? sql`a.dag_execution_id = ${dagExecutionId}::text`
    : sql`a.dag_execution_id IS NULL AND a.planning IS NULL AND a.kind = ${kind}::text`;
  const wanted = status
    ? sql`${STATUS} = ${status}::text`
    : dagExecutionId
      ? sql`true`
      : sql`a.archived_at IS NULL`;
  const bytes = sql`COALESCE(octet_length(instructions), 0) + COALESCE(octet_length(prompt), 0)`;
  const rows = sql`SELECT a.id, a.created_at, a.instructions, r.prompt FROM agents a ${ACTIVE_RUN}
    WHERE a.organisation_id = ${organisationId}::text AND ${after(a, input.after)} AND ${among} AND ${wanted}
    ORDER BY a.created_at DESC, a.id DESC LIMIT ${limit + 1}::int`;
  return toListed(
    await query<{ item: Agent; position: RowPosition; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`created_at DESC, id DESC`, bytes, limit })}
        SELECT ${AGENT} AS item, ${positionOf(a)} AS position, ${FOUND} AS found
        FROM kept JOIN agents a ON a.id = kept.id ${ACTIVE_RUN} ORDER BY n`,
    ),
  );
}

/** What can be changed of an agent; undefined stays as it is. Runs under way keep what they began with. */
export interface AgentChanges {
  name?: string | undefined;
  instructions?: string | null | undefined;
  provider?: string | undefined;
  model?: string | undefined;
  fallbacks?: readonly ModelChoice[] | undefined;
  tools?: readonly string[] | undefined;
  policies?: Policies | undefined;
  mcpServers?: readonly string[] | undefined;
  maxSteps?: number | undefined;
  /** Null takes the limit away, here and in the next. */
  maxCostMicroUsd?: number | null | undefined;
  maxDurationSeconds?: number | null | undefined;
  outputSchema?: OutputSchema | null | undefined;
}

/** @returns false when the agent is archived, unknown or another organisation's */
export async function updateAgent(
  db: Database,
  organisationId: string,
  agentId: string,
  changes: AgentChanges,
): Promise<boolean> {
  const {
    name = null,
    instructions,
    provider = null,
    model = null,
    fallbacks,
    tools,
    policies,
    mcpServers,
    maxSteps = null,
    maxCostMicroUsd,
    maxDurationSeconds,
    outputSchema,
  } = changes;
  const [row] = await query<{ id: string }>(
    db,
    sql`UPDATE agents SET name = COALESCE(${name}::text, name),
        instructions = CASE WHEN ${instructions === undefined}::boolean THEN instructions ELSE ${instructions ?? null}::text END,
        provider = COALESCE(${provider}::text, provider), model = COALESCE(${model}::text, model),
        fallbacks = COALESCE(${fallbacks ? JSON.stringify(fallbacks) : null}::jsonb, fallbacks),
        tools = COALESCE(${sql.param(tools ? [...tools] : null)}::text[], tools),
        policies = COALESCE(${policies ? JSON.stringify(policies) : null}::jsonb, policies),
        mcp_servers = COALESCE(${sql.param(mcpServers ? [...mcpServers] : null)}::text[], mcp_servers),
        max_steps = COALESCE(${maxSteps}::int, max_steps),
        max_cost_micro_usd = CASE WHEN ${maxCostMicroUsd === undefined}::boolean THEN max_cost_micro_usd ELSE ${maxCostMicroUsd ?? null}::bigint END,
        max_duration_seconds = CASE WHEN ${maxDurationSeconds === undefined}::boolean THEN max_duration_seconds ELSE ${maxDurationSeconds ?? null}::int END,
        output_schema = CASE WHEN ${outputSchema === undefined}::boolean THEN output_schema ELSE ${outputSchema ? JSON.stringify(outputSchema) : null}::json END,
        updated_at = engine_now()
      WHERE id = ${agentId}::text AND organisation_id = ${organisationId}::text AND archived_at IS NULL
      RETURNING id`,
  );
  return row !== undefined;
}

/**
 * Puts an agent away for good: no run starts any more. Doing it again changes nothing.
 *
 * @returns false when the agent is unknown or another organisation's
 */
export async function archiveAgent(db: Database, organisationId: string, agentId: string): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    db,
    sql`UPDATE agents SET archived_at = COALESCE(archived_at, engine_now())
      WHERE id = ${agentId}::text AND organisation_id = ${organisationId}::text RETURNING id`,
  );
  return row !== undefined;
}
