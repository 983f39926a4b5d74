import { sql } from 'drizzle-orm';
import { rfc3339 } from '../bounded-page.ts';
import { type Database, query } from '../database.ts';
import { FOREIGN_KEY_VIOLATION, sqlState, writeOnce } from '../operation.ts';
import { MAX_FORKS } from './ancestry.ts';
import { createRun, type NewRun } from './start.ts';

/** Runs that began with this version of the engine have left what each of their steps did to the files. */
const KEEPS_REVISIONS = 2;

/** Where to fork: at a step, at the last one of a run, or at the agent's last one. Only committed steps with all their results count. */
export interface ForkPoint {
  organisationId: string;
  agentId: string;
  runId: string | null;
  stepNo: number | null;
}

export interface NewFork extends ForkPoint {
  id: string;
  /** Who makes it. */
  userId: string;
  workspaceId: string;
  branch: string;
  /** Null: the original's, with a word that it is a fork. */
  name: string | null;
}

/** The longest name that leaves room for the word. */
const NAME = sql`CASE WHEN length(source.name) > 90 THEN left(source.name, 89) || '…' ELSE source.name END || ' (fork)'`;

const resultsMissing = sql`EXISTS (SELECT FROM tool_calls c
  WHERE c.run_id = s.run_id AND c.step_no = s.step_no AND c.output IS NULL)`;

/**
 * The arms that find the place: `source` is the original with its workspace, `point` the step. All is read in one snapshot in
 * which a step is there with everything it did or not at all, so the original may go on meanwhile. An agent that is a fork
 * and has taken no step of its own yet is forked where it was forked itself. `point` says whether the step is the workspace's last
 * (`is_last`): then the files are as they stand.
 */
const place = ({ organisationId, agentId, runId, stepNo }: ForkPoint) => sql`source AS (
    SELECT agents.*, w.base_sha, w.is_private, w.read_private, w.read_untrusted, w.parent_workspace_id, w.parent_run_id, w.parent_step_no
    FROM agents JOIN workspaces w ON w.id = agents.workspace_id
    WHERE agents.id = ${agentId}::text AND agents.organisation_id = ${organisationId}::text
  ), taken_steps AS (
    SELECT s.run_id, s.step_no, r.created_at, ${resultsMissing} AS lacks_results,
      row_number() OVER (ORDER BY r.created_at DESC, r.id DESC, s.step_no DESC) = 1 AS is_last
    FROM source JOIN runs r ON r.agent_id = source.id AND r.workspace_id = source.workspace_id
      JOIN steps s ON s.run_id = r.id
    WHERE s.committed_at IS NOT NULL
  ), own_point AS (
    SELECT source.workspace_id, t.run_id, t.step_no, t.created_at, t.is_last
    FROM source, taken_steps t
    WHERE NOT t.lacks_results AND t.run_id = COALESCE(${runId}::text, t.run_id)
      AND t.step_no = COALESCE(${stepNo}::int, t.step_no)
    ORDER BY t.created_at DESC, t.run_id DESC, t.step_no DESC LIMIT 1
  ), point AS (
    SELECT *, false AS is_inherited FROM own_point
    UNION ALL
    SELECT parent_workspace_id, parent_run_id, parent_step_no, NULL, true, true FROM source
    WHERE parent_run_id IS NOT NULL AND ${runId}::text IS NULL AND ${stepNo}::int IS NULL
      AND NOT EXISTS (SELECT FROM taken_steps)
  ), line (workspace_id, depth) AS (
    SELECT workspace_id, 1 FROM point
    UNION ALL
    SELECT w.parent_workspace_id, line.depth + 1 FROM line JOIN workspaces w ON w.id = line.workspace_id
    WHERE w.parent_workspace_id IS NOT NULL AND line.depth <= ${MAX_FORKS}::int
  ), checked AS (
    SELECT point.*,
      (SELECT max(depth) FROM line) > ${MAX_FORKS}::int AS is_too_deep,
      NOT is_last AND EXISTS (SELECT FROM runs old WHERE old.workspace_id = point.workspace_id
        AND old.engine_version < ${KEEPS_REVISIONS}::int
        AND (old.created_at, old.id) <= (point.created_at, point.run_id)) AS has_unknown_files
    FROM point
  )`;

/** The overlay at the point: as it stands, or of each path the last that a step up to there did to it. */
const overlay = sql`overlay AS (
    SELECT f.path, f.content FROM source JOIN at_point p ON p.is_last
      JOIN workspace_files f ON f.workspace_id = source.workspace_id
    UNION ALL
    SELECT path, content FROM (
      SELECT DISTINCT ON (v.path) v.path, v.in_overlay, v.content
      FROM at_point p JOIN workspace_revisions v ON v.workspace_id = p.workspace_id AND NOT p.is_last
        LEFT JOIN runs r ON r.id = v.run_id AND r.workspace_id = v.workspace_id
      WHERE r.id IS NULL OR (r.created_at, r.id, v.step_no) <= (p.created_at, p.run_id, p.step_no)
      ORDER BY v.path, r.created_at DESC NULLS LAST, r.id DESC NULLS LAST, v.step_no DESC
    ) AS last_revisions WHERE in_overlay
  )`;

/** The base at the point: where the run's last step up to there that moved it left it, else where the run began. */
const base = sql`CASE WHEN p.is_last THEN source.base_sha ELSE COALESCE(
    (SELECT s.base_sha FROM steps s WHERE s.run_id = p.run_id AND s.step_no <= p.step_no AND s.base_sha IS NOT NULL
      ORDER BY s.step_no DESC LIMIT 1),
    (SELECT r.start_sha FROM runs r WHERE r.id = p.run_id)) END`;

/**
 * What the agent remembered at the point: what its run began with and what that run's steps changed of it. Forgotten is
 * forgotten: what the agent does not remember any more does not come back.
 */
const recalled = sql`recalled AS (
    SELECT m.key, m.value AS entry FROM source JOIN at_point p ON p.is_last, jsonb_each(source.remembered) AS m
    UNION ALL
    SELECT key, jsonb_build_object('value', value, 'agentId', source_agent, 'runId', run_id, 'stepNo', step_no, 'userId', NULL,
      'updatedAt', ${rfc3339(sql`engine_now()`)}) FROM (
      SELECT DISTINCT ON (key) key, value, source_agent, run_id, step_no FROM (
        SELECT e.key, e.value, r.agent_id AS source_agent, r.id AS run_id, 0 AS step_no, 0 AS ordinal
        FROM at_point p JOIN runs r ON r.id = p.run_id AND NOT p.is_last, jsonb_each_text(r.memories) AS e
        UNION ALL
        SELECT c.result ->> 'key', c.result ->> 'value', source.id, c.run_id, c.step_no, c.ordinal
        FROM source, at_point p JOIN tool_calls c ON c.run_id = p.run_id AND c.step_no <= p.step_no AND NOT p.is_last
        WHERE c.name IN ('remember', 'forget') AND c.state = 'completed' AND COALESCE(c.result ->> 'scope', 'agent') = 'agent'
      ) AS said ORDER BY key, step_no DESC, ordinal DESC
    ) AS last_said
    WHERE value <> '' AND EXISTS (SELECT FROM source WHERE source.remembered ? last_said.key)
  )`;

/**
 * Creates an agent that goes on where a step of another one ended: with its configuration, its files and what it
 * remembered then, on a branch of its own, and, given a prompt, its first run. All of it or nothing. The conversation is not copied
 * but read from the original (`ancestry`). The overlay that a fork begins with counts as revisions before its first run.
 *
 * @returns false when there is no such place; `whyNoFork` tells what is wrong with it
 */
export async function forkAgent(db: Database, fork: NewFork, run: NewRun | null): Promise<boolean> {
  try {
    return await insertFork(db, fork, run);
  } catch (error) {
    // The run was forgotten meanwhile.
    if (sqlState(error) === FOREIGN_KEY_VIOLATION) return false;
    throw error;
  }
}

async function insertFork(db: Database, fork: NewFork, run: NewRun | null): Promise<boolean> {
  const forked = await writeOnce(
    db,
    sql`WITH RECURSIVE ${place(fork)}, at_point AS (
      SELECT * FROM checked WHERE NOT is_too_deep AND NOT has_unknown_files
    ), ${overlay}, ${recalled}, workspace AS (
      INSERT INTO workspaces (id, repository, base_branch, branch, base_sha, is_private, read_private, read_untrusted,
        parent_workspace_id, parent_run_id, parent_step_no)
      SELECT ${fork.workspaceId}::text, source.repository, source.base_branch, ${fork.branch}::text, ${base},
        source.is_private, source.read_private, source.read_untrusted, p.workspace_id, p.run_id, p.step_no
      FROM source, at_point p
      RETURNING *
    ), files AS (
      INSERT INTO workspace_files (workspace_id, path, content)
      SELECT workspace.id, overlay.path, overlay.content FROM workspace, overlay
    ), revisions AS (
      INSERT INTO workspace_revisions (workspace_id, run_id, step_no, path, in_overlay, content)
      SELECT workspace.id, '', 0, overlay.path, true, overlay.content FROM workspace, overlay
    ), agent AS (
      INSERT INTO agents (id, organisation_id, user_id, workspace_id, name, instructions, repository, base_branch, provider, model, fallbacks, tools,
        policies, mcp_servers, max_steps, max_cost_micro_usd, max_duration_seconds, output_schema, remembered)
      SELECT ${fork.id}::text, source.organisation_id, ${fork.userId}::text, workspace.id, COALESCE(${fork.name}::text, ${NAME}), source.instructions,
        source.repository, source.base_branch, source.provider, source.model, source.fallbacks, source.tools, source.policies, source.mcp_servers,
        source.max_steps, source.max_cost_micro_usd, source.max_duration_seconds, source.output_schema,
        COALESCE((SELECT jsonb_object_agg(key, entry) FROM recalled), '{}')
      FROM source, workspace
      RETURNING *
    )${
      run
        ? sql`, ${createRun(
            run,
            sql`SELECT agent.*, workspace.base_sha,
              COALESCE((SELECT jsonb_object_agg(key, entry -> 'value') FROM recalled), '{}') AS memories FROM agent, workspace`,
          )}`
        : sql``
    }
    SELECT id FROM agent`,
    sql`SELECT id FROM agents WHERE id = ${fork.id}::text`,
  );
  return forked !== null;
}

/** What is wrong with a place to fork at; `nothing` when it has become right since. */
export type ForkProblem =
  | 'unknownRun'
  | 'unknownStep'
  | 'uncommittedStep'
  | 'missingResults'
  | 'noStep'
  | 'unknownFiles'
  | 'tooDeep'
  | 'nothing';

/** Looks why a fork was not made. */
export async function whyNoFork(db: Database, point: ForkPoint): Promise<ForkProblem> {
  const { runId, stepNo } = point;
  const named = sql`(SELECT s.* FROM source JOIN runs r ON r.workspace_id = source.workspace_id AND r.agent_id = source.id
      AND r.id = COALESCE(${runId}::text, r.id)
    JOIN steps s ON s.run_id = r.id AND s.step_no = ${stepNo}::int) AS s`;
  const [row] = await query<{ problem: ForkProblem }>(
    db,
    sql`WITH RECURSIVE ${place(point)} SELECT CASE
      WHEN EXISTS (SELECT FROM checked WHERE is_too_deep) THEN 'tooDeep'
      WHEN EXISTS (SELECT FROM checked WHERE has_unknown_files) THEN 'unknownFiles'
      WHEN EXISTS (SELECT FROM checked) THEN 'nothing'
      WHEN ${runId}::text IS NOT NULL AND NOT EXISTS (SELECT FROM source JOIN runs r ON r.agent_id = source.id
        AND r.workspace_id = source.workspace_id AND r.id = ${runId}::text) THEN 'unknownRun'
      WHEN ${stepNo}::int IS NULL THEN 'noStep'
      WHEN NOT EXISTS (SELECT FROM ${named}) THEN 'unknownStep'
      WHEN NOT EXISTS (SELECT FROM ${named} WHERE s.committed_at IS NOT NULL) THEN 'uncommittedStep'
      ELSE 'missingResults' END AS problem`,
  );
  return row?.problem ?? 'nothing';
}
