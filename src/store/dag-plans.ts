import { type SQL, sql } from 'drizzle-orm';
import { SUBMIT_DAG } from '../tools/submit-dag.ts';
import { rfc3339 } from './bounded-page.ts';
import type { Planning } from './dag-types.ts';
import { type Database, query } from './database.ts';
import type { RunError, RunStatus, WaitingFor } from './states.ts';

/** A run that plans a DAG, with what came of it. Times are RFC 3339. */
export type StoredPlan = {
  runId: string;
  agentId: string;
  planning: Planning;
  status: RunStatus;
  waitingFor: WaitingFor | null;
  error: RunError | null;
  /** How its last plan was refused, and what with; null when none was. */
  refusal: { output: string; result: unknown } | null;
  /** Whether the DAG is there; it may have been deleted since. */
  hasDag: boolean;
  createdAt: string;
  finishedAt: string | null;
};

/** A plan of this organisation, by its run, or the first one of an agent. Null for an unknown one, for another's, and for a run that plans nothing. */
export async function findPlan(
  db: Database,
  organisationId: string,
  which: { runId: string } | { agentId: string },
): Promise<StoredPlan | null> {
  const wanted: SQL =
    'runId' in which ? sql`r.id = ${which.runId}::text` : sql`r.agent_id = ${which.agentId}::text`;
  const [row] = await query<{ plan: StoredPlan }>(
    db,
    sql`SELECT json_build_object('runId', r.id, 'agentId', r.agent_id, 'planning', r.planning, 'status', r.status,
        'waitingFor', r.waiting_for, 'error', r.error,
        'refusal', (SELECT json_build_object('output', c.output, 'result', c.result) FROM tool_calls c
          WHERE c.run_id = r.id AND c.name = ${SUBMIT_DAG}::text AND c.state = 'failed' ORDER BY c.step_no DESC, c.ordinal DESC LIMIT 1),
        'hasDag', r.status = 'completed' AND EXISTS (SELECT FROM dags d WHERE d.id = r.planning ->> 'dagId'),
        'createdAt', ${rfc3339(sql`r.created_at`)}, 'finishedAt', ${rfc3339(sql`r.finished_at`)}) AS plan
      FROM runs r WHERE ${wanted} AND r.organisation_id = ${organisationId}::text AND r.planning IS NOT NULL
      ORDER BY r.created_at, r.id LIMIT 1`,
  );
  return row?.plan ?? null;
}
