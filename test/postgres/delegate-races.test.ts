import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { announce } from '../../src/engine/announce.ts';
import { beginNode, readReadyNodes } from '../../src/store/dag/begin-node.ts';
import { settleExecution } from '../../src/store/dag/control.ts';
import { followRunOfNode } from '../../src/store/dag/follow-run.ts';
import { heedParent } from '../../src/store/dag/parent.ts';
import { joinChildren, waitForChildren } from '../../src/store/runs/children.ts';
import { cancelRun, pauseRun, resumeRun } from '../../src/store/runs/control.ts';
import { event, eventTypes, queuedRun, waitsForChildren } from '../support/runs.ts';
import { control, operationId } from '../support/worker.ts';
import { describeRaces, RACERS, race, winners } from './races.ts';

const CHILDREN = 8;

describeRaces('about a run and its sub-agents', (races) => {
  const wait = (runId: string, executionId: string, count = CHILDREN) =>
    waitForChildren(races.db, {
      runId,
      epoch: 1,
      operationId: operationId(),
      executionId,
      name: 'Step 1',
      engineVersion: 2,
      children: Array.from({ length: count }, (_, at) => ({
        toolCallId: `call_${at}_${runId}`,
        name: 'x',
        task: 'x',
        tools: [],
        policies: {},
        mcpServers: [],
      })),
      outcomes: { cancelled: event('run.cancelled'), paused: event('run.paused'), waiting: waitsForChildren },
    });

  /** A run that waits for its sub-agents, none of which has begun. */
  const waiting = async () => {
    const { runId } = await queuedRun(races.db);
    const executionId = `execution_${runId}`;
    await races.claim(runId);
    expect(await wait(runId, executionId)).toMatchObject({ status: 'waiting' });
    return { runId, executionId };
  };

  const begin = async (executionId: string) => {
    const ready = await readReadyNodes(races.db, executionId, CHILDREN);
    return Promise.all(
      ready.map(async (node) => {
        const { template } = node;
        if (!template) throw new Error('it has no template');
        const id = `${node.nodeId}_${operationId()}`;
        const run = {
          runId: `run_${id}`,
          agentId: `agent_${id}`,
          prompt: 'x',
          engineVersion: 2,
          event: announce({ type: 'run.queued', data: { prompt: 'x' } }),
        };
        return beginNode(
          races.db,
          executionId,
          node,
          { run, workspaceId: `workspace_${id}`, agentName: 'x', template },
          {},
        );
      }),
    );
  };

  const join = (runId: string, executionId: string) =>
    joinChildren(races.db, { runId, executionId, operationId: operationId(), event: event('run.resumed') });

  const childrenOf = async (runId: string) => {
    const { rows } = await races.db.execute<{ id: string }>(
      sql`SELECT id FROM runs WHERE delegated_by = ${runId} ORDER BY id`,
    );
    return rows.map(({ id }) => id);
  };

  const family = async (runId: string) => {
    const { rows } = await races.db.execute<Record<string, unknown>>(
      sql`SELECT p.status, p.waiting_for, p.children, p.child_joined AS joined, p.dispatch_no, p.delegated_micro_usd::int AS cost,
          (SELECT count(*)::int FROM dag_executions e WHERE e.parent_run_id = p.id) AS executions,
          (SELECT count(*)::int FROM dag_nodes n JOIN dag_executions e ON e.id = n.execution_id WHERE e.parent_run_id = p.id) AS nodes,
          (SELECT count(*)::int FROM runs c WHERE c.delegated_by = p.id) AS runs
        FROM runs p WHERE p.id = ${runId}`,
    );
    return rows[0] ?? {};
  };

  it('wait for them: they are made once, and the run waits', async () => {
    const { runId } = await queuedRun(races.db);
    await races.claim(runId);
    const waited = await race((racer) => wait(runId, `execution_${racer}_${runId}`));
    expect(winners(waited)).toHaveLength(1);
    expect(await family(runId)).toMatchObject({
      status: 'waiting',
      waiting_for: 'child',
      children: CHILDREN,
      executions: 1,
      nodes: CHILDREN,
    });
  });

  it('wait for them while it is cancelled and paused: there are sub-agents only of a run that waited for them', async () => {
    for (let round = 0; round < 8; round++) {
      const { runId } = await queuedRun(races.db);
      const executionId = `execution_${runId}`;
      await races.claim(runId);
      const [waited] = await Promise.all([
        wait(runId, executionId),
        ...Array.from({ length: 4 }, () => pauseRun(races.db, control(runId, 'run.paused'))),
        ...Array.from({ length: 4 }, () => cancelRun(races.db, control(runId, 'run.cancelled'))),
      ]);
      const { status, executions } = await family(runId);
      expect(status).toBe('cancelled');
      expect(executions).toBe(waited?.status === 'waiting' ? 1 : 0);
      expect(winners(await begin(executionId))).toEqual([]);
      if (executions === 1) expect(await heedParent(races.db, executionId)).toMatchObject({ wish: 'stop' });
    }
  });

  it('tell it that they have ended: it goes on once, and their cost counts once', async () => {
    const { runId, executionId } = await waiting();
    await begin(executionId);
    await races.db.execute(
      sql`UPDATE runs SET status = 'completed', cost_micro_usd = 5 WHERE delegated_by = ${runId}`,
    );
    expect(winners(await race(() => join(runId, executionId)))).toHaveLength(1);
    expect(await family(runId)).toMatchObject({
      status: 'queued',
      joined: true,
      dispatch_no: 2,
      cost: 5 * CHILDREN,
    });
    expect((await eventTypes(races.db, runId)).slice(-2)).toEqual(['run.waiting', 'run.resumed']);
  });

  it('end together, of eight runs: each run is told once, by whoever saw the last one', async () => {
    const parents = await Promise.all(Array.from({ length: RACERS / CHILDREN }, waiting));
    for (const { executionId } of parents) await begin(executionId);
    const children = await Promise.all(
      parents.flatMap(async ({ runId, executionId }) =>
        (await childrenOf(runId)).map((child) => ({ runId, executionId, child })),
      ),
    );
    const all = children.flat();
    expect(all).toHaveLength(RACERS);
    await races.db.execute(
      sql`UPDATE runs SET status = 'completed', event_seq = event_seq + 1 WHERE delegated_by = ANY(${sql.param(parents.map(({ runId }) => runId))}::text[])`,
    );
    const joined = await Promise.all(
      [...all, ...all].map(async ({ runId, executionId, child }) => {
        const turned = await followRunOfNode(races.db, { runId: child, speech: {} });
        return turned?.status === 'completed' ? join(runId, executionId) : null;
      }),
    );
    expect(winners(joined)).toHaveLength(parents.length);
    for (const { runId } of parents) {
      expect(await family(runId)).toMatchObject({ status: 'queued', joined: true, dispatch_no: 2 });
    }
  });

  it('end while it is cancelled, paused and resumed: it is told, or it has ended', async () => {
    for (let round = 0; round < 8; round++) {
      const { runId, executionId } = await waiting();
      const isCancelled = round % 2 === 0;
      await Promise.all(
        Array.from({ length: 8 }, (_, racer) => [
          join(runId, executionId),
          racer === 5 && isCancelled
            ? cancelRun(races.db, control(runId, 'run.cancelled'))
            : racer % 2 === 0
              ? pauseRun(races.db, control(runId, 'run.paused'))
              : resumeRun(races.db, control(runId, 'run.resumed')),
        ]).flat(),
      );
      await resumeRun(races.db, control(runId, 'run.resumed'));
      expect(await family(runId)).toMatchObject(
        isCancelled ? { status: 'cancelled' } : { status: 'queued', joined: true },
      );
    }
  });

  it('begin while it is cancelled: whoever has begun is known to who cancels, and nobody begins behind it', async () => {
    for (let round = 0; round < 6; round++) {
      const { runId, executionId } = await waiting();
      const cancel = async () => {
        await cancelRun(races.db, control(runId, 'run.cancelled'));
        const begun = await childrenOf(runId);
        await heedParent(races.db, executionId);
        return { begun, settled: await settleExecution(races.db, executionId, {}) };
      };
      const [first] = await Promise.all([
        cancel(),
        begin(executionId),
        cancel(),
        begin(executionId),
        cancel(),
      ]);
      expect(await childrenOf(runId)).toEqual(first.begun);
      expect([...(first.settled?.runIds ?? [])].sort()).toEqual(first.begun);
      expect(winners(await begin(executionId))).toEqual([]);
    }
  });
});
