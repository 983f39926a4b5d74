import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { passOverNode } from '../../src/store/dag/begin-node.ts';
import { createExecution } from '../../src/store/dag/create.ts';
import { insertDag } from '../../src/store/dags.ts';
import { queuedRun } from '../support/runs.ts';
import { describeRaces } from './races.ts';

const WIDTH = 64;

describeRaces('about an execution of a DAG', (races) => {
  /** As many nodes as race, and one behind all of them. */
  const fan = async () => {
    const { organisationId, userId, runId } = await queuedRun(races.db);
    const dagId = `dag_${runId}`;
    const executionId = `execution_${runId}`;
    const ids = Array.from({ length: WIDTH }, (_, at) => `n${at}`);
    const nodes = [...ids, 'join'].map((id) => ({ id, task: 'x' }));
    const definition = { name: 'Fan', nodes };
    expect(await insertDag(races.db, { id: dagId, organisationId, userId, definition })).toBe(true);
    const created = await createExecution(races.db, {
      id: executionId,
      organisationId,
      dagId,
      userId,
      traceId: null,
      name: 'Fan',
      params: {},
      templates: {},
      engineVersion: 2,
      parallelism: 10,
      nodes: nodes.map((node) => ({
        nodeId: node.id,
        definition: node,
        failFast: true,
        retries: 0,
        waitsFor: node.id === 'join' ? ids : [],
      })),
      speech: null,
    });
    expect(created).toBe(true);
    return { executionId, ids };
  };

  const pass = (executionId: string, nodeId: string) =>
    passOverNode(
      races.db,
      executionId,
      { nodeId, attempt: 0 },
      { status: 'skipped', blocks: false, error: { code: 'conditionNotMet', message: '' } },
      {},
    );

  it('end all that a join waits for: it is queued once, and no event is lost', async () => {
    const { executionId, ids } = await fan();
    // Each of them twice: one wins.
    const turned = await Promise.all([...ids, ...ids].map((id) => pass(executionId, id)));
    expect(turned.filter((one) => one !== null)).toHaveLength(WIDTH);
    const { rows } = await races.db.execute<Record<string, unknown>>(
      sql`SELECT open_nodes, ready_nodes, free_slots, event_seq,
          (SELECT count(*)::int FROM dag_events v WHERE v.execution_id = e.id) AS events,
          (SELECT max(seq) FROM dag_events v WHERE v.execution_id = e.id) AS last,
          (SELECT status || ' ' || remaining FROM dag_nodes n WHERE n.execution_id = e.id AND node_id = 'join') AS joined
        FROM dag_executions e WHERE id = ${executionId}`,
    );
    // Its first event, one for each node, and that it has started.
    const events = WIDTH + 2;
    expect(rows[0]).toEqual({
      open_nodes: 1,
      ready_nodes: 1,
      free_slots: 10,
      event_seq: events,
      events,
      last: events,
      joined: 'queued 0',
    });
  });
});
