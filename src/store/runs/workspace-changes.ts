import { type SQL, sql } from 'drizzle-orm';
import type { WorkspaceChanges } from '../../workspace/workspace.ts';
import { toJson } from '../json.ts';
import { type Taint, tainted } from './taint.ts';

/**
 * The arms that store what a step did to its workspace. Beside the overlay as it is then, each path's change is kept under the
 * step (`workspace_revisions`), so that a fork can begin there; the arms that write the overlay say what that was, and it
 * is not sent twice. So is what the step let in: one arm writes the workspace's own row, as none sees what another writes.
 */
export function storeChanges(workspaceId: string, changes: WorkspaceChanges, taint: Taint): SQL[] {
  const arms: SQL[] = [];
  if (changes.put.length > 0) {
    arms.push(
      sql`put_files AS (
        INSERT INTO workspace_files (workspace_id, path, content)
        SELECT ${workspaceId}::text, f.path, f.content
        FROM moved, jsonb_to_recordset(${toJson(changes.put)}::jsonb) AS f (path text, content text)
        ON CONFLICT (workspace_id, path) DO UPDATE SET content = EXCLUDED.content
        RETURNING workspace_id, path, content)`,
      revise(sql`put_revisions`, sql`true, f.content FROM moved, put_files f`),
    );
  }
  if (changes.removed.length > 0) {
    arms.push(
      sql`removed_files AS (
        DELETE FROM workspace_files USING moved
        WHERE workspace_files.workspace_id = ${workspaceId}::text AND path = ANY(${sql.param(changes.removed)}::text[])
        RETURNING workspace_files.workspace_id, path)`,
      revise(sql`removed_revisions`, sql`false, NULL FROM moved, removed_files f`),
    );
  }
  const assignments = [
    ...(changes.baseSha === null ? [] : [sql`base_sha = ${changes.baseSha}::text`]),
    ...tainted(taint),
  ];
  if (assignments.length > 0) {
    arms.push(sql`base AS (
      UPDATE workspaces SET ${sql.join(assignments, sql`, `)} FROM moved
      WHERE workspaces.id = ${workspaceId}::text RETURNING base_sha)`);
  }
  return arms;
}

const revise = (arm: SQL, rest: SQL) => sql`${arm} AS (
  INSERT INTO workspace_revisions (workspace_id, run_id, step_no, path, in_overlay, content)
  SELECT f.workspace_id, moved.id, moved.step_no, f.path, ${rest})`;

/** The base of a workspace after a step that left it where it was. */
export const NOT_MOVED = sql`NULL`;

/** The base after these changes, for the row of their step: what the arm that moves it says. */
export const baseAfter = ({ baseSha }: WorkspaceChanges): SQL =>
  baseSha === null ? NOT_MOVED : sql`(SELECT base_sha FROM base)`;
