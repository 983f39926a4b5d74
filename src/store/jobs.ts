import { type SQL, sql } from 'drizzle-orm';
import type { Pushed } from '../project/push-files.ts';
import { PUSH_BACKEND } from '../tools/push-backend.ts';
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
import { completedCalls } from './run-reads.ts';
import type { RunError, RunStatus, WaitingFor } from './states.ts';

/** A run of a generator. Times are RFC 3339. */
export type StoredJob = {
  runId: string;
  agentId: string;
  status: RunStatus;
  waitingFor: WaitingFor | null;
  progress: number;
  prompt: string;
  repository: string | null;
  error: RunError | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
};

/** With the files there are, by path, and where they were pushed. */
export type JobRow = StoredJob & { files: { path: string; bytes: number }[]; pushed: Pushed | null };

const jobJson = (
  r: SQL,
) => sql`jsonb_build_object('runId', ${r}.id, 'agentId', ${r}.agent_id, 'status', ${r}.status,
  'waitingFor', ${r}.waiting_for, 'progress', ${r}.progress, 'prompt', ${r}.prompt, 'repository', ${r}.push_to -> 'repository', 'error', ${r}.error,
  'createdAt', ${rfc3339(sql`${r}.created_at`)}, 'startedAt', ${rfc3339(sql`${r}.started_at`)},
  'finishedAt', ${rfc3339(sql`${r}.finished_at`)})`;

/** The files as the run `r` left them, whatever later runs of its agent did: of each path the last revision up to its end. */
const filesOf = (r: SQL) => sql`(SELECT path, content FROM (
    SELECT DISTINCT ON (v.path) v.path, v.in_overlay, v.content
    FROM workspace_revisions v LEFT JOIN runs h ON h.id = v.run_id AND h.workspace_id = v.workspace_id
    WHERE v.workspace_id = ${r}.workspace_id AND (h.id IS NULL OR (h.created_at, h.id) <= (${r}.created_at, ${r}.id))
    ORDER BY v.path, h.created_at DESC NULLS LAST, h.id DESC NULLS LAST, v.step_no DESC
  ) AS last_revisions WHERE in_overlay AND content IS NOT NULL) AS f`;

const theJob = (organisationId: string, runId: string) =>
  sql`r.id = ${runId}::text AND r.organisation_id = ${organisationId}::text AND r.kind = 'generator'`;

/** Null for an unknown one, for another organisation's, and for a run that is no job. */
export async function findJob(db: Database, organisationId: string, runId: string): Promise<JobRow | null> {
  const [row] = await query<{ job: JobRow }>(
    db,
    sql`SELECT ${jobJson(sql`r`)} || jsonb_build_object('files', (SELECT COALESCE(
        jsonb_agg(jsonb_build_object('path', f.path, 'bytes', octet_length(f.content)) ORDER BY f.path COLLATE "C"), '[]')
      FROM ${filesOf(sql`r`)}), 'pushed', (SELECT c.result ${completedCalls(sql`r`, PUSH_BACKEND)}
        ORDER BY c.step_no DESC, c.ordinal DESC LIMIT 1)) AS job
      FROM runs r WHERE ${theJob(organisationId, runId)}`,
  );
  return row?.job ?? null;
}

export interface JobQuery {
  organisationId: string;
  /** Null for all. */
  statuses: readonly RunStatus[] | null;
  limit: number;
  after: RowPosition | undefined;
}

/** The organisation's jobs, newest first. */
export async function listJobs(db: Database, input: JobQuery): Promise<Listed<StoredJob>> {
  const { organisationId, statuses, limit } = input;
  const wanted = statuses ? sql`r.status = ANY(${sql.param([...statuses])}::text[])` : sql`true`;
  const rows = sql`SELECT r.* FROM runs r
    WHERE r.organisation_id = ${organisationId}::text AND r.kind = 'generator' AND ${after(sql`r`, input.after)} AND ${wanted}
    ORDER BY r.created_at DESC, r.id DESC LIMIT ${limit + 1}::int`;
  const kept = sql`kept`;
  return toListed(
    await query<{ item: StoredJob; position: RowPosition; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`created_at DESC, id DESC`, bytes: sql`octet_length(prompt)`, limit })}
        SELECT ${jobJson(kept)} AS item, ${positionOf(kept)} AS position, ${FOUND} AS found FROM kept ORDER BY n`,
    ),
  );
}

/** What is in a job's files so far: in all, or in the one at a path. Null where there is no such job. */
export async function readJobFiles(
  db: Database,
  organisationId: string,
  { runId, path = null }: { runId: string; path?: string | null },
): Promise<{ path: string; content: string }[] | null> {
  const [row] = await query<{ files: { path: string; content: string }[] }>(
    db,
    sql`SELECT (SELECT COALESCE(json_agg(json_build_object('path', f.path, 'content', f.content)
          ORDER BY f.path COLLATE "C"), '[]')
        FROM ${filesOf(sql`r`)} WHERE f.path = COALESCE(${path}::text, f.path)) AS files
      FROM runs r WHERE ${theJob(organisationId, runId)}`,
  );
  return row?.files ?? null;
}

/** Archives the agent behind a job once none of its runs is left. */
export async function archiveEmptyGenerator(db: Database, agentId: string): Promise<void> {
  await query(
    db,
    sql`UPDATE agents SET archived_at = COALESCE(archived_at, engine_now())
      WHERE id = ${agentId}::text AND kind = 'generator' AND NOT EXISTS (SELECT FROM runs WHERE agent_id = agents.id)`,
  );
}
