import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import { budgetViolations } from '../../test/support/budget.ts';
import { deliver, deliverUntilRest, scriptOf } from '../../test/support/deliver.ts';
import { eventTypes } from '../../test/support/runs.ts';
import { sweep } from './sweep.ts';

const { cloud, api, token, userId } = await openApi();
const { db } = cloud;

// Numbered, so that a long script does not go in circles.
const list = { calls: [{ name: 'search_code', input: { pattern: 'nothing{n}' } }] };

async function start(prompt: string, agent: object = {}): Promise<string> {
  const { body } = await api.post('/agents', { prompt, ...agent }, { token });
  return body.activeRun.id;
}
const look = async (runId: string) => (await api.get(`/runs/${runId}`, { token })).body;

/** What the run may spend on the call under way. */
async function reserved(runId: string): Promise<number> {
  const { rows } = await db.execute<{ amount: number }>(
    sql`SELECT reserved_micro_usd::int AS amount FROM runs WHERE id = ${runId}`,
  );
  return rows[0]?.amount ?? 0;
}

/** Makes the lease of a worker that is gone run out. */
const expire = (runId: string) =>
  db.execute(sql`UPDATE runs SET lease_expires_at = engine_now(), sweep_after = engine_now()
    WHERE id = ${runId} AND status = 'running'`);

afterEach(async () => {
  expect(await budgetViolations(db)).toEqual([]);
});

describe('a run', () => {
  it('spends on no call more than was reserved for it', async () => {
    const runId = await start('Add a DELETE /todos/:id endpoint with a test', {
      repository: 'demo/todo-api',
    });
    const amounts: number[] = [];
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'model') amounts.push(await reserved(runId));
      return send();
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    const { rows } = await db.execute<{ cost: number }>(
      sql`SELECT cost_micro_usd::int AS cost FROM steps WHERE run_id = ${runId} ORDER BY step_no`,
    );
    expect(rows).toHaveLength(amounts.length);
    for (const [at, { cost }] of rows.entries()) expect(cost).toBeLessThanOrEqual(amounts[at] ?? 0);
  });

  it('does not ask the model when what it learns with its reservation is a cancel', async () => {
    const runId = await start(scriptOf({ text: 'x'.repeat(40_000) }));
    let asked = 0;
    let isLost = false;
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'model') asked++;
      if (service !== 'neon' || isLost) return send();
      const isReservation = (await request.clone().text()).includes('claims_without_commit ELSE 0 END');
      const answer = await send();
      if (!isReservation) return answer;
      isLost = true;
      await api.post(`/runs/${runId}/cancel`, undefined, { token });
      throw new TypeError('connection reset');
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('cancelled');
    expect(isLost).toBe(true);
    expect(asked).toBe(0);
  });

  it('waits at its cost limit, keeps its work, and goes on when that is raised', async () => {
    const write = { calls: [{ name: 'write_file', input: { path: 'a.txt', content: 'a'.repeat(9_000) } }] };
    const runId = await start(scriptOf(write, { ...list, repeat: 60 }), { maxCostUsd: 0.09 });
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    const run = await look(runId);
    expect(run).toMatchObject({ waitingFor: 'budget', waitingForBudget: 'cost', maxCostUsd: 0.09 });
    expect(run.costUsd).toBeLessThanOrEqual(0.09);
    expect(run.stepCount).toBeGreaterThan(1);
    expect((await eventTypes(db, runId)).slice(-2)).toEqual(['budget.reached', 'run.waiting']);
    const { rows } = await db.execute(
      sql`SELECT path FROM workspace_files f JOIN runs r USING (workspace_id) WHERE r.id = ${runId}`,
    );
    expect(rows).toEqual([{ path: 'a.txt' }]);
    const raised = await api.post(`/runs/${runId}/budget`, { maxCostUsd: 5 }, { token });
    expect(raised.body).toMatchObject({ status: 'queued', maxCostUsd: 5, waitingForBudget: null });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
  });

  it('asks for more once when its first prompt is larger than anybody could have known', async () => {
    const runId = await start(`${'A long story. '.repeat(4_000)}${scriptOf({ text: 'Yes.' })}`);
    const since = cloud.fetches.log.length;
    let amount = 0;
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'model') amount = await reserved(runId);
      return send();
    };
    const statements = () =>
      cloud.fetches.log.slice(since).filter(({ service }) => service === 'neon').length;
    await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
    expect(amount).toBeGreaterThan(56_000 * 2.5);
    // Claim, context, the larger reservation, the look of this test at it, commit.
    expect(statements()).toBe(5);
  });

  it('waits before it has asked anything when not even its prompt can be paid for', async () => {
    const runId = await start('A long story. '.repeat(4_000), { maxCostUsd: 0.05 });
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    expect(await look(runId)).toMatchObject({ waitingForBudget: 'cost', costUsd: 0, stepCount: 0 });
  });

  it('is capped to what it can pay for, and told to go on in smaller pieces', async () => {
    const runId = await start(scriptOf({ text: 'word '.repeat(10_000) }), { maxCostUsd: 0.2 });
    await deliverUntilRest(cloud, runId);
    const { rows } = await db.execute(sql`SELECT stop_reason FROM steps WHERE run_id = ${runId}`);
    expect(rows[0]).toEqual({ stop_reason: 'maxTokens' });
  });
});

describe('a call of the model', () => {
  it('costs nothing when it fails before it has said anything', async () => {
    const runId = await start('Hello');
    cloud.fetches.intercept = async (service, _request, send) =>
      service === 'model' ? new Response('{}', { status: 500 }) : send();
    await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
    expect(await look(runId)).toMatchObject({ waitingFor: 'timer', costUsd: 0, estimatedCostUsd: 0 });
    expect(await reserved(runId)).toBe(0);
  });

  it('counts at least its prompt when it breaks off before it has said anything', async () => {
    const runId = await start('Hello');
    cloud.fetches.intercept = async (service, _request, send) =>
      service === 'model'
        ? new Response('event: ping\ndata: {"type":"ping"}\n\n', {
            headers: { 'content-type': 'text/event-stream' },
          })
        : send();
    await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
    const run = await look(runId);
    expect(run.waitingFor).toBe('timer');
    expect(run.costUsd).toBeGreaterThan(0);
    expect(run.costUsd).toBe(run.estimatedCostUsd);
  });

  it('counts as an estimate when it breaks off, and the reservation is settled', async () => {
    const runId = await start(scriptOf({ text: 'word '.repeat(400) }));
    let most = 0;
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service !== 'model') return send();
      most = await reserved(runId);
      const text = await (await send()).text();
      return new Response(text.slice(0, text.length / 2), {
        headers: { 'content-type': 'text/event-stream' },
      });
    };
    await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
    const run = await look(runId);
    expect(run.waitingFor).toBe('timer');
    expect(run.costUsd).toBe(run.estimatedCostUsd);
    expect(run.costUsd).toBeGreaterThan(0);
    expect(run.costUsd * 1e6).toBeLessThan(most);
  });

  it('counts as an estimate when it is cancelled in the middle', async () => {
    const runId = await start(scriptOf({ text: 'word '.repeat(400), chunkDelayMs: 20 }));
    let flushes = 0;
    cloud.fetches.intercept = async (service, _request, send) => {
      const response = await send();
      if (service === 'redis' && ++flushes === 2)
        void api.post(`/runs/${runId}/cancel`, undefined, { token });
      return response;
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('cancelled');
    const run = await look(runId);
    expect(run.costUsd).toBeGreaterThan(0);
    expect(run.costUsd).toBe(run.estimatedCostUsd);
  });
});

describe('a worker that dies', () => {
  it('leaves the sums right at every request, whichever it is', async () => {
    const prompt = scriptOf(
      list,
      { calls: [{ name: 'commit', input: { message: 'Nothing yet' } }] },
      { text: 'Done.' },
    );
    for (let fatal = 1, died = true; died; fatal++) {
      const runId = await start(prompt, { repository: 'demo/todo-api' });
      let requests = 0;
      died = false;
      cloud.fetches.intercept = async (service, _request, send) => {
        requests += 1;
        if (requests < fatal) return send();
        died = true;
        // Every other one takes effect before the worker is gone.
        if (requests === fatal && fatal % 2) await send();
        throw new TypeError(`gone at ${service}`);
      };
      await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
      cloud.fetches.intercept = (_service, _request, send) => send();
      expect(await budgetViolations(db), `request ${fatal}`).toEqual([]);
      for (let rest = 0; rest < 5 && (await look(runId)).status !== 'completed'; rest++) {
        await expire(runId);
        await db.execute(sql`UPDATE runs SET wake_at = engine_now(), sweep_after = engine_now()
          WHERE id = ${runId} AND status IN ('queued', 'waiting')`);
        await sweep(cloud.context.engine);
        const { rows } = await db.execute<{ dispatch_no: number }>(
          sql`SELECT dispatch_no FROM runs WHERE id = ${runId}`,
        );
        await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: rows[0]?.dispatch_no });
      }
      expect((await look(runId)).status, `request ${fatal}`).toBe('completed');
      expect(await budgetViolations(db), `request ${fatal}`).toEqual([]);
    }
  }, 300_000);
});

describe("a user's day", () => {
  it('holds back what it does not hold, and lets it go as soon as the limit is raised', async () => {
    const spent = (await api.get('/me', { token })).body.spentTodayUsd;
    const limit = Number((spent + 0.000001).toFixed(6));
    await api.patch('/me', { dailyCostLimitUsd: limit }, { token });
    const runId = await start('Hello');
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    expect(await look(runId)).toMatchObject({ waitingFor: 'budget', waitingForBudget: 'dailyCost' });
    const since = cloud.fetches.log.length;
    await api.patch('/me', { dailyCostLimitUsd: null }, { token });
    expect(cloud.fetches.log.slice(since).filter(({ service }) => service === 'qstash')).toHaveLength(1);
    await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect((await api.get('/me', { token })).body).toMatchObject({ id: userId, dailyCostLimitUsd: null });
  });
});
