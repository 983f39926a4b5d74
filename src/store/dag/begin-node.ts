import { type SQL, sql } from 'drizzle-orm';
import type { DagNode } from '../../dag/definition.ts';
import type { DagNodeError, DagTemplate } from '../dag-types.ts';
import { type Database, query } from '../database.ts';
import { toJson } from '../json.ts';
import { writeOnce } from '../operation.ts';
import { CLOCK, NOW } from '../runs/clock.ts';
import { memoriesOf } from '../runs/memories.ts';
import { createRun, type NewRun } from '../runs/start.ts';
import { handedTaint, UNTAINTED } from '../runs/taint.ts';
import { lockParent } from './parent.ts';
import {
  type DagSpeech,
  lockExecution,
  MAY_BEGIN,
  nodeColumns,
  TURNED,
  type Turned,
  turnedColumns,
  turnNode,
} from './turn.ts';

/** A node that could begin, with all that decides what it begins with. */
export interface ReadyNode extends Record<string, unknown> {
  nodeId: string;
  definition: DagNode;
  attempt: number;
  /** Of its dependencies: all, those that failed or were kept from running, those that completed. */
  dependencies: number;
  blocked: number;
  succeeded: number;
  params: Record<string, unknown>;
  template: DagTemplate | null;
  executionName: string;
  traceId: string | null;
  engineVersion: number;
  outputs: { nodeId: string; isSkipped: boolean; text: string; value: unknown }[];
}

/** Nodes that could begin now, those first that will not run after all, then in the order of the definition. */
export const readReadyNodes = (db: Database, executionId: string, most: number): Promise<ReadyNode[]> =>
  query<ReadyNode>(
    db,
    sql`SELECT n.node_id AS "nodeId", n.definition, n.attempt, n.blocked, n.succeeded, execution.params,
        execution.templates -> COALESCE(n.definition ->> 'agentId', '') AS template, execution.name AS "executionName",
        execution.trace_id AS "traceId", execution.engine_version AS "engineVersion",
        (SELECT count(*) FROM dag_edges g WHERE g.execution_id = n.execution_id AND g.to_node = n.node_id)::int AS dependencies,
        (SELECT COALESCE(json_agg(json_build_object('nodeId', d.node_id, 'isSkipped', d.status = 'skipped', 'text', COALESCE(d.output_text, ''),
            'value', d.output_value)), '[]')
          FROM dag_edges g JOIN dag_nodes d ON d.execution_id = g.execution_id AND d.node_id = g.from_node
          WHERE g.execution_id = n.execution_id AND g.to_node = n.node_id) AS outputs
      FROM dag_executions execution JOIN LATERAL (
        SELECT * FROM dag_nodes n WHERE n.execution_id = execution.id AND n.status = 'queued'
          AND (execution.free_slots > 0 OR n.blocked > 0)
        ORDER BY n.blocked = 0, n.ordinal LIMIT ${most}::int) n ON true
      WHERE execution.id = ${executionId}::text AND ${MAY_BEGIN} ORDER BY n.blocked = 0, n.ordinal`,
  );

/**
 * The node, locked after its execution, while it is still to begin for this attempt. A sub-agent begins only while the run that has it waits for
 * it: that run's row says so, locked before.
 */
const lockReady = (
  executionId: string,
  { nodeId, attempt }: Pick<ReadyNode, 'nodeId' | 'attempt'>,
) => sql`${CLOCK}, ${lockParent(executionId)},
  ${lockExecution(sql`${executionId}::text AND (e.parent_run_id IS NULL
    OR EXISTS (SELECT FROM parent WHERE child_execution_id = ${executionId}::text AND status = 'waiting'))`)}, node AS (
    SELECT n.* FROM dag_nodes n, execution WHERE n.execution_id = execution.id AND n.node_id = ${nodeId}::text
      AND n.status = 'queued' AND n.attempt = ${attempt}::int AND ${MAY_BEGIN} FOR UPDATE OF n
  )`;

const verdict = (next: SQL, blocks: SQL, columns: SQL, where: SQL) => sql`verdict AS (
  SELECT node.execution_id, node.node_id, node.status AS was, node.waiting_for AS was_waiting_for, 0 AS was_run_seq, ${next} AS next,
    ${blocks} AS blocks, node.fail_fast, 0 AS mirrored, ${columns} FROM node, execution WHERE ${where})`;

/** A run for a node, in an agent and a workspace of its own. */
export interface NodeRun {
  run: NewRun;
  workspaceId: string;
  agentName: string;
  template: DagTemplate;
}

/**
 * Begins an attempt of a node: takes a slot, and creates the agent and its run; all of it or nothing. It counts as having read what those
 * have that it depends on: what came of them is handed to it.
 *
 * @returns null when no slot is free, the node has begun or the execution begins nothing any more
 */
export function beginNode(
  db: Database,
  executionId: string,
  ready: Pick<ReadyNode, 'nodeId' | 'attempt'>,
  { run, workspaceId, agentName, template }: NodeRun,
  speech: DagSpeech,
): Promise<Turned | null> {
  const began = verdict(
    sql`'running'`,
    sql`false`,
    nodeColumns({
      run_id: sql`${run.runId}::text`,
      run_seq: sql`0`,
      attempt: sql`node.attempt + 1`,
      deadline_at: sql`${NOW} + make_interval(secs => (node.definition ->> 'timeoutSeconds')::float8)`,
      timed_out: sql`false`,
      error: sql`NULL::jsonb`,
      started_at: sql`${NOW}`,
    }),
    sql`execution.free_slots > 0`,
  );
  const { child } = template;
  const { taint = UNTAINTED } = child ?? {};
  return writeOnce<Turned>(
    db,
    sql`WITH ${lockReady(executionId, ready)}, ${began}, workspace AS (
      INSERT INTO workspaces (id, repository, base_branch, branch, base_sha, is_private, read_private, read_untrusted)
      SELECT ${workspaceId}::text, ${template.repository}::text, ${template.baseBranch}::text, ${`cadence/${run.runId}`}::text,
        ${template.baseSha}::text, ${child?.isPrivate ?? true}::boolean, ${handedTaint(sql`verdict`, taint)} FROM verdict
      RETURNING *
    ), agent AS (
      INSERT INTO agents (id, organisation_id, user_id, workspace_id, name, instructions, repository, base_branch, provider, model, fallbacks, tools, policies, mcp_servers,
        max_steps, max_cost_micro_usd, max_duration_seconds, dag_execution_id, delegated_by, depth)
      SELECT ${run.agentId}::text, execution.organisation_id, execution.user_id, workspace.id, ${agentName}::text, ${template.instructions}::text,
        workspace.repository, workspace.base_branch, ${template.provider}::text, ${template.model}::text, ${toJson(template.fallbacks)}::jsonb,
        ${sql.param([...template.tools])}::text[], ${toJson(template.policies)}::jsonb, ${sql.param([...template.mcpServers])}::text[], ${template.maxSteps}::int,
        ${template.maxCostMicroUsd}::bigint, ${template.maxDurationSeconds}::int, execution.id, ${child?.parentRunId ?? null}::text, ${child?.depth ?? 0}::int
      FROM workspace, execution
      RETURNING *
    ), ${createRun(run, sql`SELECT agent.*, workspace.base_sha, ${memoriesOf(sql`${template.agentId}::text`)} AS memories FROM agent, workspace`)},
    ${sql.join(turnNode(speech), sql`, `)}
    SELECT ${TURNED} FROM turned`,
    sql`SELECT ${turnedColumns(sql`false`)} FROM dag_executions WHERE id = ${executionId}::text
      AND EXISTS (SELECT FROM runs WHERE id = ${run.runId}::text)`,
  );
}

/**
 * Ends a node without a run: it is not needed, or cannot begin.
 *
 * @param end.blocks its dependents are not to run either
 */
export async function passOverNode(
  db: Database,
  executionId: string,
  ready: Pick<ReadyNode, 'nodeId' | 'attempt'>,
  end: { status: 'skipped' | 'failed'; blocks: boolean; error: DagNodeError },
  speech: DagSpeech,
): Promise<Turned | null> {
  const passed = verdict(
    sql`${end.status}::text`,
    sql`${end.blocks}::boolean`,
    nodeColumns({ error: sql`${toJson(end.error)}::jsonb` }),
    sql`true`,
  );
  const [row] = await query<Turned>(
    db,
    sql`WITH ${lockReady(executionId, ready)}, ${passed}, ${sql.join(turnNode(speech), sql`, `)}
      SELECT ${TURNED} FROM turned`,
  );
  return row ?? null;
}
