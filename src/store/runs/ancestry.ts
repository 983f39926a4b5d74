import { sql } from 'drizzle-orm';

/** How many forks a conversation may reach back through. */
export const MAX_FORKS = 32;

/**
 * The recursive arms `line` and `told` over the run in `held`: the runs whose conversation it goes on with, itself included.
 *
 * `line` has the run's workspace and those that one was forked from, at growing `depth`: of each, the last run that belongs to the
 * conversation, and for an ancestor the step (`step_no`) and the place in the inbox (`seq`) at which the fork left it: the
 * farthest that its steps had heard, because a compaction's own is that of the steps it covers. `told`
 * has the runs themselves, those bounds (`last_step`, `last_seq`) being null for all that are read to their end. History is
 * never copied: what was committed stays as it is.
 */
export const ancestry = sql`line (workspace_id, depth, run_id, run_at, step_no, seq) AS (
    SELECT workspace_id, 0, id, created_at, NULL::int, NULL::int FROM held
    UNION ALL
    SELECT left_run.workspace_id, line.depth + 1, left_run.id, left_run.created_at, left_step.step_no,
      (SELECT max(heard.delivered_seq) FROM steps heard
        WHERE heard.run_id = left_run.id AND heard.step_no <= left_step.step_no)
    FROM line JOIN workspaces w ON w.id = line.workspace_id
      JOIN runs left_run ON left_run.id = w.parent_run_id
      JOIN steps left_step ON left_step.run_id = left_run.id AND left_step.step_no = w.parent_step_no
    WHERE line.depth < ${sql.raw(String(MAX_FORKS))}
  ), told AS (
    SELECT h.id, h.prompt, h.created_at, line.depth,
      CASE WHEN h.id = line.run_id THEN line.step_no END AS last_step,
      CASE WHEN h.id = line.run_id THEN line.seq END AS last_seq
    FROM line JOIN runs h ON h.workspace_id = line.workspace_id AND (h.created_at, h.id) <= (line.run_at, line.run_id)
  )`;
