import { type SQL, sql } from 'drizzle-orm';

/**
 * What the agent's workspace has let its model read: what is `private` to a repository, and `untrusted` words, which anybody may have
 * written. It only ever grows. Who holds both asks before anything leaves (`policy.ts`).
 *
 * The row of the run decides (E1). The workspace keeps the same for the runs after it and for forks, in the statement that
 * lets it in.
 */
export interface Taint {
  private: boolean;
  untrusted: boolean;
}

export const UNTAINTED: Taint = { private: false, untrusted: false };

const COLUMNS = { private: sql`read_private`, untrusted: sql`read_untrusted` };

const columnsOf = (taint: Taint): SQL[] => [
  ...(taint.private ? [COLUMNS.private] : []),
  ...(taint.untrusted ? [COLUMNS.untrusted] : []),
];

/** The assignments of a row, of a run or a workspace, that something new was let into. */
export const tainted = (taint: Taint): SQL[] => columnsOf(taint).map((column) => sql`${column} = true`);

/**
 * The arm that keeps it in the workspace; none when there is nothing new.
 *
 * @param at has the workspace's id, such as sql`moved`
 */
export const taintWorkspace = (taint: Taint, at = sql`moved`): SQL[] => {
  const assignments = tainted(taint);
  return assignments.length === 0
    ? []
    : [
        sql`tainted AS (UPDATE workspaces SET ${sql.join(assignments, sql`, `)} FROM ${at} WHERE workspaces.id = ${at}.workspace_id)`,
      ];
};

/** Other agents of the organisation have written some of what the run is told: nobody knows what these had read. */
const TOLD_BY_AGENTS = sql`EXISTS (SELECT FROM jsonb_each(runs.shared_memories) AS m WHERE NOT (m.value ->> 'isByUser')::boolean)`;

const kept = (column: SQL) => sql`${column} = runs.${column} OR ${TOLD_BY_AGENTS}
  OR (SELECT w.${column} FROM workspaces w WHERE w.id = runs.workspace_id)
  OR EXISTS (SELECT FROM runs e WHERE e.workspace_id = runs.workspace_id AND e.${column})`;

/**
 * What a claim takes over from the workspace and the runs before, with what the run is told of other agents. It sees all of it: what runs before
 * this one let in was committed before this one could be made (E13), and whoever lets something in while it is active writes it to its
 * own row, too.
 */
export const INHERITED_TAINT = Object.values(COLUMNS).map(kept);

/**
 * What the runs have read of the nodes that a node depends on, and whoever wrote the task of a sub-agent. Those were over when it became
 * ready, so no lock is needed.
 */
export const handedTaint = (node: SQL, ofWriter: Taint): SQL => {
  const handed = (
    column: SQL,
    written: boolean,
  ) => sql`(${written}::boolean OR EXISTS (SELECT FROM dag_edges g
    JOIN dag_nodes d ON d.execution_id = g.execution_id AND d.node_id = g.from_node JOIN runs r ON r.id = d.run_id
    WHERE g.execution_id = ${node}.execution_id AND g.to_node = ${node}.node_id AND r.${column}))`;
  return sql`${handed(COLUMNS.private, ofWriter.private)}, ${handed(COLUMNS.untrusted, ofWriter.untrusted)}`;
};
