import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import { deliver, deliverUntilRest, scriptOf } from '../../test/support/deliver.ts';
import { sweep } from './sweep.ts';

const { cloud, api, token, userId } = await openApi({ env: { CONCURRENT_RUNS: '2' } });
const organisation = `/organisations/${userId.replace('user_', 'org_')}`;
await api.patch(organisation, { concurrentRuns: 1 }, { token });

const DONE = scriptOf({ text: 'Done.' });
const ASKS = scriptOf(
  { calls: [{ name: 'ask_user', input: { question: 'Which one?' } }] },
  { text: 'Done.' },
);

async function begin(prompt = DONE): Promise<string> {
  return String((await api.post('/agents', { prompt }, { token })).body.activeRun.id);
}
const look = async (runId: string) => (await api.get(`/runs/${runId}`, { token })).body;
const place = async (runId: string) => {
  const { status, queuePosition } = await look(runId);
  return [status, queuePosition];
};
const heldBack = async (runId: string) => {
  const { rows } = await cloud.db.execute(
    sql`SELECT seq FROM run_events WHERE run_id = ${runId} AND type = 'run.heldBack'`,
  );
  return rows.length;
};

const ours = async () =>
  (await cloud.db.execute<{ id: string }>(sql`SELECT organisation_id AS id FROM runs LIMIT 1`)).rows[0]?.id ??
  '';

/** Takes the only slot, as a worker does that is at work. */
async function occupy(): Promise<void> {
  await cloud.db.execute(
    sql`UPDATE organisation_runs SET running = running + 1 WHERE organisation_id = ${await ours()}`,
  );
}
async function vacate(): Promise<void> {
  await cloud.db.execute(
    sql`UPDATE organisation_runs SET running = running - 1 WHERE organisation_id = ${await ours()}`,
  );
}
/** One delivery of the run's dispatch, and what is published because of it. */
async function once(runId: string): Promise<string[]> {
  const { rows } = await cloud.db.execute<{ dispatch_no: number }>(
    sql`SELECT dispatch_no FROM runs WHERE id = ${runId}`,
  );
  const before = cloud.fetches.log.length;
  await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: rows[0]?.dispatch_no });
  const published = cloud.fetches.log.slice(before).filter(({ service }) => service === 'qstash');
  return published.map(({ path }) => path);
}

afterEach(async () => {
  const { rows } = await cloud.db.execute<{ running: number; held: number; slots: number; line: number }>(sql`
    SELECT (SELECT sum(running) FROM organisation_runs)::int AS running,
      (SELECT sum(jsonb_array_length(held)) FROM organisation_runs)::int AS line,
      (SELECT count(*) FROM runs WHERE holds_slot)::int AS slots, (SELECT count(*) FROM runs WHERE held_back)::int AS held`);
  expect(rows).toEqual([{ running: 0, held: 0, slots: 0, line: 0 }]);
});

describe('runs beyond what an organisation may have at work', () => {
  it('stay queued, say so once, and begin in order', async () => {
    const [first, second] = [await begin(), await begin()];
    await occupy();
    await once(first);
    await once(second);
    await once(first);
    expect(await place(first)).toEqual(['queued', 1]);
    expect(await place(second)).toEqual(['queued', 2]);
    expect([await heldBack(first), await heldBack(second)]).toEqual([1, 1]);
    await vacate();
    // It is not its turn, but it finds that another one may begin.
    expect(await once(second)).toHaveLength(1);
    expect(await place(second)).toEqual(['queued', 2]);
    expect(await deliverUntilRest(cloud, first)).toBe('completed');
    expect(await place(second)).toEqual(['queued', 1]);
    expect(await deliverUntilRest(cloud, second)).toBe('completed');
  });

  it('are dispatched by whoever makes room for them', async () => {
    const waiting = await begin(ASKS);
    const next = await begin();
    await occupy();
    await once(next);
    await vacate();
    const line = (await cloud.db.execute(sql`SELECT held FROM organisation_runs WHERE held <> '[]'`)).rows;
    expect(line).toMatchObject([{ held: [{ runId: next }] }]);
    // It may not begin before the one that came first, although there is room.
    await once(waiting);
    expect(await place(waiting)).toEqual(['queued', 2]);
    expect(await once(next)).not.toEqual([]);
    expect(await deliverUntilRest(cloud, waiting)).toBe('waiting');
    const { agentId } = await look(waiting);
    await api.post(`/agents/${agentId}/messages`, { text: 'The first' }, { token });
    expect(await deliverUntilRest(cloud, waiting)).toBe('completed');
  });

  it('leave the line when they are paused or cancelled', async () => {
    const [first, second] = [await begin(), await begin()];
    await occupy();
    await once(first);
    await once(second);
    await api.post(`/runs/${first}/pause`, {}, { token });
    expect(await place(first)).toEqual(['paused', null]);
    expect(await place(second)).toEqual(['queued', 1]);
    await api.post(`/runs/${second}/cancel`, {}, { token });
    await api.post(`/runs/${first}/resume`, {}, { token });
    await vacate();
    expect(await deliverUntilRest(cloud, first)).toBe('completed');
  });

  it('begin when the organisation lets more, and as many as the deployment lets when it says nothing', async () => {
    const runs = [await begin(), await begin(), await begin()];
    const dispatched = async (concurrentRuns: number | null) => {
      const before = cloud.fetches.log.length;
      const { body } = await api.patch(organisation, { concurrentRuns }, { token });
      expect(body.concurrentRuns).toBe(concurrentRuns);
      return cloud.fetches.log.slice(before).filter(({ service }) => service === 'qstash').length;
    };
    await occupy();
    for (const runId of runs) await once(runId);
    expect(await Promise.all(runs.map(place))).toEqual([1, 2, 3].map((at) => ['queued', at]));
    expect(await dispatched(1)).toBe(0);
    // One is at work, so there is room for one more.
    expect(await dispatched(null)).toBe(1);
    expect(await deliverUntilRest(cloud, runs[0] ?? '')).toBe('completed');
    await occupy();
    expect(await dispatched(1)).toBe(0);
    await vacate();
    await once(runs[1] ?? '');
    expect(await place(runs[1] ?? '')).toEqual(['queued', 1]);
    await vacate();
    expect(await dispatched(2)).toBe(2);
    for (const runId of runs.slice(1)) expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    await dispatched(1);
  });

  it('are never more than the deployment lets', async () => {
    const { status, body } = await api.patch(organisation, { concurrentRuns: 3 }, { token });
    expect([status, body.errors]).toEqual([
      400,
      [{ field: 'body.concurrentRuns', message: expect.stringContaining('at most 2') }],
    ]);
    // It was given more before the deployment let fewer.
    await cloud.db.execute(sql`UPDATE organisation_runs SET concurrent_runs = 3`);
    const runId = await begin();
    await occupy();
    await occupy();
    await once(runId);
    expect(await place(runId)).toEqual(['queued', 1]);
    await vacate();
    await vacate();
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    await api.patch(organisation, { concurrentRuns: 1 }, { token });
  });
});

describe('a slot', () => {
  it('is given back by a worker that died, when its run ends, and only once', async () => {
    const runId = await begin();
    const { rows } = await cloud.db.execute<{ organisation_id: string }>(
      sql`UPDATE runs SET status = 'running', epoch = 1, holds_slot = true, claims_without_commit = 8, lease_expires_at = engine_now() - interval '1 s',
        sweep_after = engine_now() - interval '1 s' WHERE id = ${runId} RETURNING organisation_id`,
    );
    expect(rows).toHaveLength(1);
    await occupy();
    const next = await begin();
    await once(next);
    expect(await place(next)).toEqual(['queued', 1]);
    await sweep(cloud.context.engine);
    expect(await place(runId)).toEqual(['failed', null]);
    expect(await deliverUntilRest(cloud, next)).toBe('completed');
  });
});
