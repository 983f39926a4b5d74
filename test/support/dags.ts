import { sql } from 'drizzle-orm';
import { advance } from '../../src/engine/advance.ts';
import type { Cloud } from './cloud.ts';

/** Delivers what is due of an execution's runs, one after another, until none is queued. */
export async function driveExecution(cloud: Cloud, executionId: string): Promise<void> {
  for (let round = 0; round < 2_000; round++) {
    const { rows } = await cloud.db.execute<{ id: string; dispatch_no: number }>(
      sql`SELECT id, dispatch_no FROM runs WHERE dag_execution_id = ${executionId}::text AND status = 'queued' ORDER BY id LIMIT 1`,
    );
    const run = rows[0];
    if (!run) return;
    await advance(cloud.context.engine, { runId: run.id, dispatchNo: run.dispatch_no });
  }
  throw new Error(`${executionId} does not come to rest`);
}

/** The types of an execution's events, in order; throws when their numbers have a gap. */
export async function dagEventTypes({ db }: Pick<Cloud, 'db'>, executionId: string): Promise<string[]> {
  const { rows } = await db.execute<{ seq: number; type: string; node_id: string | null }>(
    sql`SELECT seq, type, node_id FROM dag_events WHERE execution_id = ${executionId}::text ORDER BY seq`,
  );
  rows.forEach(({ seq }, index) => {
    if (seq !== index + 1) throw new Error(`event ${index + 1} of ${executionId} is numbered ${seq}`);
  });
  return rows.map(({ type, node_id }) => (node_id === null ? type : `${node_id} ${type}`));
}

/** The run that plans for a goal, once somebody has asked for it. */
export async function planningRun({ db }: Pick<Cloud, 'db'>, goal: string): Promise<string> {
  for (let look = 0; look < 500; look++) {
    const { rows } = await db.execute<{ id: string }>(
      sql`SELECT id FROM runs WHERE prompt = ${goal}::text AND planning IS NOT NULL AND status = 'queued'`,
    );
    const id = rows[0]?.id;
    if (id) return id;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`nobody plans: ${goal}`);
}
