import { sql } from 'drizzle-orm';
import type { Run } from '../../src/store/run-reads.ts';
import type { Cloud } from './cloud.ts';
import { deliver } from './deliver.ts';

/** Delivers what is due of a run and of all below it, one after another, until none is queued, and gives the state that the run rests in. */
export async function driveFamily(cloud: Cloud, runId: string): Promise<Run['status']> {
  for (let delivery = 0; delivery < 200; delivery++) {
    const { rows } = await cloud.db.execute<{ id: string; status: Run['status']; dispatch_no: number }>(
      sql`${familyOf(runId)} SELECT id, status, dispatch_no FROM family ORDER BY status <> 'queued', created_at, id`,
    );
    const [run] = rows;
    if (run?.status !== 'queued') return rows.find(({ id }) => id === runId)?.status ?? 'failed';
    const body = { runId: run.id, dispatchNo: run.dispatch_no };
    const response = await deliver(cloud, '/api/v1/callbacks/run', body);
    if (!response.ok) throw new Error(`a delivery was answered ${response.status}: ${await response.text()}`);
  }
  throw new Error(`${runId} and those below it do not come to rest`);
}

const familyOf = (runId: string) => sql`WITH RECURSIVE family AS (
  SELECT * FROM runs WHERE id = ${runId}::text
  UNION ALL SELECT c.* FROM family f JOIN runs c ON c.delegated_by = f.id)`;

/** The sub-agents' runs of a run, in the order of its calls. */
export async function childrenOf({ db }: Pick<Cloud, 'db'>, runId: string) {
  const { rows } = await db.execute<{ id: string; status: Run['status']; agent_id: string }>(
    sql`SELECT r.id, r.status, r.agent_id FROM runs r JOIN dag_nodes n ON n.run_id = r.id
      WHERE r.delegated_by = ${runId}::text ORDER BY r.dag_execution_id, n.ordinal`,
  );
  return rows;
}
