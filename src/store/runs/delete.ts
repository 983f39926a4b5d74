import { type SQL, sql } from 'drizzle-orm';
import { type Database, query } from '../database.ts';
import { FOREIGN_KEY_VIOLATION, sqlState, writeOnce } from '../operation.ts';
import { isActive } from '../run-reads.ts';
import { TERMINAL } from './move.ts';

/** The live agents that go on from the run `which`: its forks, and theirs, as far as they are not archived. */
const hasForks = (which: ReturnType<typeof sql>) => sql`EXISTS (
  WITH RECURSIVE forks (workspace_id) AS (
    SELECT id FROM workspaces WHERE parent_run_id = ${which}
    UNION
    SELECT w.id FROM forks JOIN workspaces w ON w.parent_workspace_id = forks.workspace_id
  ) SELECT FROM forks JOIN agents a ON a.workspace_id = forks.workspace_id AND a.archived_at IS NULL)`;

/** Whether the node or the run that the one under an alias works for has yet to read what came of it. Once it has, that stays so. */
const isAwaited = (
  r: SQL,
) => sql`(EXISTS (SELECT FROM dag_nodes n WHERE n.run_id = ${r}.id AND n.status IN ('running', 'waiting'))
  OR EXISTS (SELECT FROM runs p WHERE p.id = ${r}.delegated_by AND p.child_execution_id = ${r}.dag_execution_id AND p.status NOT IN ${TERMINAL}))`;

/**
 * Forgets a run that has ended, with all it recorded, unless the DAG or the run that it works for has yet to take over what came of it. Messages that were queued behind it and still wait are the active run's
 * from then on; the one that it began with is forgotten too. What it did to the files stays, as the files do: it counts as done by the
 * run before it, or before the first one.
 *
 * @returns false when it has not ended, when an agent goes on from it, or when it is gone or another organisation's
 */
export async function deleteRun(db: Database, organisationId: string, runId: string): Promise<boolean> {
  try {
    return await forget(db, organisationId, runId);
  } catch (error) {
    // A fork that this statement did not see: the reference to the run does.
    if (sqlState(error) === FOREIGN_KEY_VIOLATION) return false;
    throw error;
  }
}

async function forget(db: Database, organisationId: string, runId: string): Promise<boolean> {
  const row = await writeOnce<{ id: string }>(
    db,
    sql`WITH gone AS (
      DELETE FROM runs WHERE id = ${runId}::text AND organisation_id = ${organisationId}::text AND status IN ${TERMINAL}
        AND NOT ${hasForks(sql`runs.id`)} AND NOT ${isAwaited(sql`runs`)}
      RETURNING id, agent_id, workspace_id, created_at, prompt_message_id
    ), had_children AS (
      DELETE FROM dag_executions e USING gone WHERE e.parent_run_id = gone.id AND e.status IN ${TERMINAL}
    ), left_alone AS (
      -- Whoever went on from it is archived.
      UPDATE workspaces SET parent_run_id = NULL FROM gone WHERE parent_run_id = gone.id
    ), calls AS (
      DELETE FROM tool_calls USING gone WHERE run_id = gone.id
    ), begun AS (
      DELETE FROM messages USING gone WHERE messages.id = gone.prompt_message_id
    ), kept AS (
      UPDATE messages SET run_id = r.id FROM gone JOIN runs r ON r.agent_id = gone.agent_id AND ${isActive(sql`r`)}
      WHERE messages.run_id = gone.id AND r.after_run @> jsonb_build_array(jsonb_build_object('id', messages.id))
    ), heir AS (
      SELECT COALESCE((SELECT r.id FROM runs r, gone WHERE r.workspace_id = gone.workspace_id
        AND (r.created_at, r.id) < (gone.created_at, gone.id) ORDER BY r.created_at DESC, r.id DESC LIMIT 1), '') AS id
    ), inherited AS (
      UPDATE workspace_revisions v SET run_id = heir.id, step_no = v.step_no + GREATEST(
        (SELECT step_no FROM runs WHERE runs.id = heir.id), (SELECT max(e.step_no) FROM workspace_revisions e
          WHERE e.workspace_id = gone.workspace_id AND e.run_id = heir.id), 0)
      FROM gone, heir WHERE v.workspace_id = gone.workspace_id AND v.run_id = gone.id
    ) SELECT id FROM gone`,
    // After a lost answer, gone is what was wanted.
    sql`SELECT ${runId}::text AS id WHERE NOT EXISTS (SELECT FROM runs WHERE id = ${runId}::text)`,
  );
  return row !== null;
}

/** Whether another agent goes on from a run, so that it cannot be forgotten. */
export async function isForked(db: Database, runId: string): Promise<boolean> {
  const [row] = await query<{ forked: boolean }>(db, sql`SELECT ${hasForks(sql`${runId}::text`)} AS forked`);
  return row?.forked ?? false;
}
