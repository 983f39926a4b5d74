import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { asks, delegate, ORIGIN, openDelegation, says, sends } from '../../test/support/delegation.ts';
import { scriptOf } from '../../test/support/deliver.ts';

const { arrived, cloud, api, token, begin, look, act, drive, children, firstChild, once } =
  await openDelegation();

describe('what sub-agents bring back', () => {
  it('is what they have cost, which counts against the limit that they shared', async () => {
    const { runId } = await begin([{ calls: [delegate(says('Hi')), delegate(says('Hi'))] }], {
      maxCostUsd: 1,
    });
    await once(runId);
    const spent = (await look(runId)).costUsd;
    const [first, second] = await children(runId);
    const share = (await look(String(first?.id))).maxCostUsd;
    expect(share).toBeCloseTo((1 - spent) / 2, 5);
    expect(await drive(runId)).toBe('completed');
    const costs = [await look(String(first?.id)), await look(String(second?.id))].map(
      ({ costUsd }) => costUsd,
    );
    expect(costs[0]).toBeGreaterThan(0);
    expect((await look(runId)).delegatedCostUsd).toBeCloseTo(costs[0] + costs[1], 6);
  });

  it('has no limit where the run has none', async () => {
    const { runId } = await begin([{ calls: [delegate(says('Hi'))] }]);
    await once(runId);
    expect((await look((await firstChild(runId)).id)).maxCostUsd).toBeNull();
    await drive(runId);
  });

  it('keeps its run from going on past its limit, and an extension counts it', async () => {
    const { runId } = await begin([{ calls: [delegate(says('Hi'))] }], { maxCostUsd: 1 });
    await once(runId);
    await cloud.db.execute(sql`UPDATE runs SET cost_micro_usd = 990000 WHERE delegated_by = ${runId}::text`);
    await cloud.db.execute(
      sql`UPDATE runs SET max_cost_micro_usd = 3000000 WHERE delegated_by = ${runId}::text`,
    );
    await drive(runId);
    expect(await look(runId)).toMatchObject({ status: 'waiting', waitingForBudget: 'cost' });
    await api.post(`/runs/${runId}/budget`, { maxCostUsd: 1.001 }, { token });
    expect((await look(runId)).status).toBe('waiting');
    await api.post(`/runs/${runId}/budget`, { maxCostUsd: 3 }, { token });
    expect(await drive(runId)).toBe('completed');
    await cloud.db.execute(
      sql`UPDATE runs SET cost_micro_usd = cost_micro_usd - 990000 WHERE delegated_by = ${runId}::text`,
    );
  });

  it('is as untrusted as what they have read, and what they are told as what it has', async () => {
    const reads = scriptOf(
      { calls: [{ name: 'http_request', input: { method: 'GET', url: `${ORIGIN}/` } }] },
      { text: 'Read.' },
    );
    const taintOf = async (id: string) =>
      (await cloud.db.execute(sql`SELECT read_untrusted, read_private FROM runs WHERE id = ${id}::text`))
        .rows[0];
    const { runId } = await begin([{ calls: [delegate(reads)] }, { calls: [delegate(says('Hi'))] }]);
    await once(runId);
    expect(await taintOf((await firstChild(runId)).id)).toMatchObject({ read_untrusted: false });
    expect(await drive(runId)).toBe('completed');
    expect(await taintOf(runId)).toMatchObject({ read_untrusted: true, read_private: false });
    const [, second] = await children(runId);
    expect(await taintOf(String(second?.id))).toMatchObject({ read_untrusted: true });
  });

  it('waits for their approvals, which say whose sub-agent asks', async () => {
    const { runId } = await begin([{ calls: [delegate(sends('one'))] }], {
      policies: { http_request: 'ask' },
    });
    expect(await drive(runId)).toBe('waiting');
    const { data } = (await api.get('/approvals?state=pending', { token })).body;
    const [approval] = data.filter(
      ({ parentRunId }: { parentRunId: string | null }) => parentRunId === runId,
    );
    expect(approval).toMatchObject({ runId: (await firstChild(runId)).id, tool: 'http_request' });
    await api.post(`/approvals/${approval.id}`, { decision: 'allow' }, { token });
    expect(await drive(runId)).toBe('completed');
    expect(arrived).toEqual(['PUT one']);
  });

  it('is read before a message that came meanwhile', async () => {
    const { runId, agentId } = await begin([{ calls: [delegate(says('Hi'))] }]);
    await once(runId);
    const { status } = await api.post(`/agents/${agentId}/messages`, { text: 'Go on.' }, { token });
    expect(status).toBe(202);
    expect(await look(runId)).toMatchObject({ status: 'waiting', waitingFor: 'child' });
    expect(await drive(runId)).toBe('completed');
  });
});

describe('what is forgotten', () => {
  it('is no run whose result its parent has yet to read, and then it may be, both', async () => {
    const { runId } = await begin([{ calls: [delegate(says('Hi')), delegate(asks)] }]);
    await drive(runId);
    const [done, waits] = await children(runId);
    expect((await api.delete(`/runs/${done?.id}`, { token })).body).toMatchObject({ code: 'runActive' });
    await act(String(waits?.id), 'cancel');
    expect(await drive(runId)).toBe('completed');
    expect((await api.delete(`/runs/${done?.id}`, { token })).status).toBe(204);
    expect((await api.delete(`/runs/${runId}`, { token })).status).toBe(204);
    const { rows } = await cloud.db.execute(
      sql`SELECT FROM dag_executions WHERE parent_run_id = ${runId}::text`,
    );
    expect(rows).toEqual([]);
  });

  it('with an agent is the work of its sub-agents', async () => {
    const { runId, agentId } = await begin([{ calls: [delegate(asks)] }]);
    await drive(runId);
    await api.delete(`/agents/${agentId}`, { token });
    expect((await firstChild(runId)).status).toBe('cancelled');
  });
});

describe('an organisation with one run at a time', () => {
  it('is not held up by who waits for sub-agents', async () => {
    await cloud.db.execute(sql`UPDATE organisation_runs SET concurrent_runs = 1`);
    const { runId } = await begin([{ calls: [delegate(sends('one')), delegate(sends('two'))] }]);
    expect(await drive(runId)).toBe('completed');
    expect(arrived).toEqual(['PUT one', 'PUT two']);
    await cloud.db.execute(sql`UPDATE organisation_runs SET concurrent_runs = NULL`);
  });
});
