import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { deliver, deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { openSchedules } from '../../../test/support/schedules.ts';
import { lookAfter } from '../../domain/maintenance/look-after.ts';
import { schedulerLag } from '../../store/settling.ts';

const { cloud, api, token, of, setNow, path, schedule, read, slotsOf, runsOf, hint, known } =
  await openSchedules();

describe('a slot', () => {
  it('starts one run, however often and late it is said to be due', async () => {
    const { id } = await schedule({ parameters: { label: 'flaky' } });
    expect(await hint(id)).toBe('200 early');
    await setNow('2026-11-21T08:00:01Z');
    expect(await hint(id)).toBe('200 started');
    expect(await hint(id)).toBe('200 early');
    await setNow('2026-11-22T07:59:59Z');
    expect(await hint(id)).toBe('200 early');
    const [run, ...others] = await runsOf();
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      agentId: of.agentId,
      scheduleId: id,
      slotAt: '2026-11-21T08:00:00.000Z',
      prompt: 'Look at flaky',
    });
    expect(await deliverUntilRest(cloud, run.id)).toBe('completed');
    expect(await slotsOf(id)).toMatchObject([
      { slotAt: run.slotAt, outcome: 'started', late: false, runId: run.id, reason: null, count: 1 },
    ]);
    expect(await read(id)).toMatchObject({ nextSlotAt: '2026-11-22T08:00:00.000Z' });
  });

  it('is made up for once after an outage, and the ones before it are missed', async () => {
    const { id } = await schedule({ cron: '0 * * * *' });
    await setNow('2026-11-21T12:20:00Z');
    await lookAfter(cloud.context);
    expect(await hint(id)).toBe('200 early');
    expect(await runsOf()).toHaveLength(1);
    expect(
      (await slotsOf(id)).map(({ slotAt, outcome, late }: Record<string, unknown>) => [
        slotAt,
        outcome,
        late,
      ]),
    ).toEqual([
      ['2026-11-21T12:00:00.000Z', 'started', true],
      ...['11', '10', '09', '08'].map((hour) => [`2026-11-21T${hour}:00:00.000Z`, 'missed', true]),
    ]);
    const first = await api.get(`${path()}/${id}/slots?limit=3`, { token });
    const second = await api.get(`${path()}/${id}/slots?limit=3&cursor=${first.body.nextCursor}`, { token });
    expect(second.body).toMatchObject({
      data: [{}, { slotAt: '2026-11-21T08:00:00.000Z' }],
      nextCursor: null,
    });
  });

  it('puts many that were missed together', async () => {
    const { id } = await schedule({ cron: '* * * * *' });
    await setNow('2026-11-23T07:30:30Z');
    expect(await hint(id)).toBe('200 started');
    const { rows } = await cloud.db.execute<{ n: number; all: number }>(
      sql`SELECT count(*)::int AS n, sum(count)::int AS "all" FROM schedule_slots WHERE schedule_id = ${id}`,
    );
    expect(rows).toEqual([{ n: 101, all: 2880 }]);
  });

  it('is fired by the sweeper when the queue says nothing, which is told again', async () => {
    const { id } = await schedule();
    await cloud.context.queue.removeSchedule(id);
    await setNow('2026-11-21T08:00:30Z');
    await lookAfter(cloud.context);
    expect(await runsOf()).toEqual([]);
    await setNow('2026-11-21T08:01:01Z');
    await lookAfter(cloud.context);
    await lookAfter(cloud.context);
    expect(await runsOf()).toHaveLength(1);
    expect((await known()).join()).toContain(id);
  });

  it('waits for its jitter', async () => {
    const { id, nextSlotAt, nextFireAt, nextFireTimes } = await schedule({ jitterSeconds: 3600 });
    const jitterMs = Date.parse(nextFireAt) - Date.parse(nextSlotAt);
    expect(jitterMs).toBeGreaterThanOrEqual(0);
    expect(jitterMs).toBeLessThanOrEqual(3_600_000);
    expect(new Set(nextFireTimes.map((time: string) => time.slice(11))).size).toBeGreaterThan(1);
    await setNow(new Date(Date.parse(nextFireAt) - 1_000).toISOString());
    expect(await hint(id)).toBe('200 early');
    expect(await runsOf()).toEqual([]);
    await setNow(nextFireAt);
    expect(await hint(id)).toBe('200 started');
    expect(await runsOf()).toMatchObject([{ slotAt: '2026-11-21T08:00:00.000Z' }]);
  });

  it('is fired although the queue was away when the schedule was made', async () => {
    cloud.fetches.intercept = (service, _request, send) =>
      service === 'qstash' ? Promise.reject(new TypeError('gone')) : send();
    const { id } = await schedule();
    cloud.fetches.intercept = (_service, _request, send) => send();
    expect((await known()).join()).not.toContain(id);
    const lag = await schedulerLag(cloud.db);
    expect([lag.unsynced > 0, lag.oldestSeconds !== null]).toEqual([true, true]);
    const { body } = await api.get('/health/ready');
    expect(body).toMatchObject({ status: 'ready', scheduler: { unsynced: lag.unsynced } });
    await lookAfter(cloud.context);
    expect((await known()).join()).toContain(id);
    expect(await schedulerLag(cloud.db)).toEqual({ unsynced: 0, oldestSeconds: null });
  });

  it('refuses what is not signed', async () => {
    const { id } = await schedule();
    const response = await deliver(cloud, '/api/v1/callbacks/schedule', { scheduleId: id }, 'none');
    expect(response.status).toBe(401);
    expect((await deliver(cloud, '/api/v1/callbacks/schedule', {})).status).toBe(489);
  });
});

describe('a slot whose agent is busy', () => {
  const say = (text: string) => api.post(`/agents/${of.agentId}/messages`, { text }, { token });

  it('is skipped, and says because of which run', async () => {
    const { id } = await schedule();
    const busyRunId =
      (await say('Do something else')).body.run?.id ??
      (await api.get(`/agents/${of.agentId}`, { token })).body.activeRun.id;
    await setNow('2026-11-21T08:00:01Z');
    expect(await hint(id)).toBe('200 skipped');
    expect(await slotsOf(id)).toMatchObject([
      { outcome: 'skipped', reason: 'agentBusy', busyRunId, runId: null },
    ]);
    expect(await runsOf()).toEqual([]);
  });

  it('is queued, and its run knows its goal', async () => {
    const { id } = await schedule({ overlap: 'queue' });
    await say('Do something else');
    const busyRunId = (await api.get(`/agents/${of.agentId}`, { token })).body.activeRun.id;
    await setNow('2026-11-21T08:00:01Z');
    expect(await hint(id)).toBe('200 queued');
    expect(await slotsOf(id)).toMatchObject([{ outcome: 'queued', busyRunId, runId: null }]);
    await deliverUntilRest(cloud, busyRunId);
    const [run] = await runsOf();
    expect(run).toMatchObject({
      goalId: of.goalId,
      scheduleId: id,
      slotAt: '2026-11-21T08:00:00.000Z',
      prompt: 'Look at bug',
    });
    expect(await slotsOf(id)).toMatchObject([{ outcome: 'queued', runId: run.id }]);
  });

  it('is skipped when the queue behind that run is full', async () => {
    const { id } = await schedule({ overlap: 'queue' });
    await say('Do something else');
    for (let n = 0; n < 20; n++)
      await api.post(`/agents/${of.agentId}/messages`, { text: `${n}`, deliver: 'afterRun' }, { token });
    await setNow('2026-11-21T08:00:01Z');
    expect(await hint(id)).toBe('200 skipped');
    expect(await slotsOf(id)).toMatchObject([{ outcome: 'skipped', reason: 'queueFull' }]);
  });

  it('takes the place of the run before it, if that was of its goal', async () => {
    const { id } = await schedule({ overlap: 'cancelPrevious' });
    const previous = (await api.post(`/goals/${of.goalId}/run`, {}, { token })).body;
    await setNow('2026-11-21T08:00:01Z');
    expect(await hint(id)).toBe('200 started');
    const [run, before] = await runsOf();
    expect(run).toMatchObject({ scheduleId: id, status: 'queued' });
    expect(before).toMatchObject({ id: previous.id, status: 'cancelled' });
  });

  it('waits until a worker has heard of the cancel', async () => {
    const { id } = await schedule({ overlap: 'cancelPrevious' });
    const previous = (await api.post(`/goals/${of.goalId}/run`, {}, { token })).body;
    await setNow('2026-11-21T08:00:01Z');
    await cloud.db.execute(
      sql`UPDATE runs SET status = 'running', lease_expires_at = engine_now() + interval '1 minute', epoch = 1 WHERE id = ${previous.id}`,
    );
    expect(await hint(id)).toBe('503 busy');
    expect(await slotsOf(id)).toEqual([]);
    await setNow('2026-11-21T08:01:30Z');
    await lookAfter(cloud.context);
    expect(await runsOf()).toMatchObject([{ scheduleId: id }, { id: previous.id, status: 'cancelled' }]);
  });

  it('never takes the place of a run that the goal did not start', async () => {
    const { id } = await schedule({ overlap: 'cancelPrevious' });
    await say('Do something else');
    await setNow('2026-11-21T08:00:01Z');
    expect(await hint(id)).toBe('200 queued');
    expect((await api.get(`/agents/${of.agentId}`, { token })).body.activeRun.cancelRequested).toBe(false);
  });
});

it('runs to the end with the tools of its agent', async () => {
  const goal = {
    name: 'Script',
    agentId: of.agentId,
    prompt: scriptOf({ calls: [{ name: 'list_files', input: {} }] }),
  };
  of.goalId = (await api.post('/goals', goal, { token })).body.id;
  const { id } = await schedule();
  await setNow('2026-11-21T08:00:01Z');
  await hint(id);
  const [run] = await runsOf();
  expect(await deliverUntilRest(cloud, run.id)).toBe('completed');
});
