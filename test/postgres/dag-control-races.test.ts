import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { announce } from '../../src/engine/announce.ts';
import { beginNode } from '../../src/store/dag/begin-node.ts';
import { flagExecution, reviveExecution, settleExecution } from '../../src/store/dag/control.ts';
import { createExecution } from '../../src/store/dag/create.ts';
import type { DagTemplate } from '../../src/store/dag-types.ts';
import { queuedRun } from '../support/runs.ts';
import { describeRaces, RACERS, race, winners } from './races.ts';

const SLOTS = 10;
const TEMPLATE: DagTemplate = {
  agentId: null,
  instructions: null,
  provider: 'call',
  model: 'call',
  fallbacks: [],
  tools: ['update_plan'],
  policies: {},
  mcpServers: [],
  maxSteps: 20,
  maxCostMicroUsd: null,
  maxDurationSeconds: null,
  repository: null,
  baseBranch: null,
  baseSha: null,
};

describeRaces('steering an execution of a DAG', (races) => {
  /** As many nodes as race, all of them ready. */
  const sideBySide = async (): Promise<string> => {
    const { organisationId, userId, runId } = await queuedRun(races.db);
    const id = `execution_${runId}`;
    const nodes = Array.from({ length: RACERS }, (_, at) => ({ id: `n${at}`, task: 'x' }));
    const created = await createExecution(races.db, {
      id,
      organisationId,
      dagId: `dag_${runId}`,
      keeps: { name: 'Side by side', nodes },
      userId,
      traceId: null,
      name: 'Side by side',
      params: {},
      templates: {},
      engineVersion: 2,
      parallelism: SLOTS,
      nodes: nodes.map((node) => ({
        nodeId: node.id,
        definition: node,
        failFast: true,
        retries: 0,
        waitsFor: [],
      })),
      speech: null,
    });
    expect(created).toBe(true);
    return id;
  };

  const begin = (executionId: string, at: number) =>
    beginNode(
      races.db,
      executionId,
      { nodeId: `n${at}`, attempt: 0 },
      {
        run: {
          runId: `run_${at}_${executionId}`,
          agentId: `agent_${at}_${executionId}`,
          prompt: 'x',
          engineVersion: 2,
          event: announce({ type: 'run.queued', data: { prompt: 'x' } }),
        },
        workspaceId: `workspace_${at}_${executionId}`,
        agentName: 'x',
        template: TEMPLATE,
      },
      {},
    );

  /** The counts of an execution beside what they count. */
  const counts = async (executionId: string) => {
    const { rows } = await races.db.execute<Record<string, unknown>>(
      sql`SELECT e.status, e.resumes, e.parallelism - e.free_slots AS taken, e.open_nodes AS open,
          e.event_seq - (SELECT count(*)::int FROM dag_events v WHERE v.execution_id = e.id) AS untold,
          (SELECT count(*)::int FROM dag_nodes n WHERE n.execution_id = e.id AND n.status = 'running') AS running,
          (SELECT count(*)::int FROM dag_nodes n WHERE n.execution_id = e.id AND n.status = 'cancelled') AS cancelled,
          (SELECT count(*)::int FROM runs r WHERE r.dag_execution_id = e.id) AS runs
        FROM dag_executions e WHERE e.id = ${executionId}`,
    );
    return rows[0] ?? {};
  };

  it('begin all of its nodes: as many begin as there are slots', async () => {
    const id = await sideBySide();
    expect(winners(await race((at) => begin(id, at)))).toHaveLength(SLOTS);
    expect(await counts(id)).toMatchObject({
      taken: SLOTS,
      running: SLOTS,
      runs: SLOTS,
      open: RACERS,
      untold: 0,
    });
  });

  it('begin its nodes while it is cancelled: each has begun with a run, or never will', async () => {
    const id = await sideBySide();
    const cancel = async () => {
      await flagExecution(races.db, id, 'cancel');
      return settleExecution(races.db, id, {});
    };
    const settled = await Promise.all([
      ...Array.from({ length: RACERS }, (_, at) => begin(id, at)),
      ...Array.from({ length: 4 }, cancel),
    ]);
    const { running, runs, cancelled, taken, open, untold } = await counts(id);
    expect({ runs, taken, open, untold }).toEqual({
      runs: running,
      taken: running,
      open: running,
      untold: 0,
    });
    expect(Number(running) + Number(cancelled)).toBe(RACERS);
    expect(settled).toHaveLength(RACERS + 4);
    expect(await begin(id, 0)).toBeNull();
  });

  it('take up one that has failed: it is taken up once', async () => {
    const id = await sideBySide();
    await races.db.execute(
      sql`UPDATE dag_nodes SET status = 'failed', finished_at = now() WHERE execution_id = ${id}`,
    );
    await races.db.execute(sql`UPDATE dag_executions SET status = 'failed', open_nodes = 0, ready_nodes = 0, failed_nodes = ${RACERS}::int,
      finished_at = now() WHERE id = ${id}`);
    expect(winners(await race(() => reviveExecution(races.db, id, {})))).toHaveLength(1);
    expect(await counts(id)).toMatchObject({ status: 'running', resumes: 1, open: RACERS, untold: 0 });
  });

  it('pause it while its nodes begin: what has begun is told to pause, and nothing begins any more', async () => {
    const id = await sideBySide();
    const pause = async () => {
      await flagExecution(races.db, id, 'pause');
      return settleExecution(races.db, id, {});
    };
    const [paused] = await Promise.all([pause(), race((at) => begin(id, at))]);
    const { running, runs, taken, untold } = await counts(id);
    expect({ runs, taken, untold }).toEqual({ runs: running, taken: running, untold: 0 });
    // All that began before the flag is known to whoever raised it.
    expect(paused?.runIds).toHaveLength(Number(running));
  });
});
