import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApi } from '../../../test/support/api.ts';
import { deliver, deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { lookAfter } from '../../domain/maintenance/look-after.ts';

const { cloud, api, token, stranger } = await openApi();

/** A Saturday. Nobody here waits for a clock. */
const START = Date.parse('2026-11-21T07:30:10Z');
let at = START;
const setNow = async (time: string) => {
  at = Date.parse(time);
  await cloud.setNow(new Date(at));
};

let agentId: string;
let goalId: string;
beforeEach(async () => {
  await setNow(new Date(START).toISOString());
  agentId = (await api.post('/agents', {}, { token })).body.id;
  const goal = {
    name: 'Triage',
    agentId,
    prompt: 'Look at {{label}}',
    parameters: { label: { type: 'string', default: 'bug' } },
  };
  goalId = (await api.post('/goals', goal, { token })).body.id;
});
afterEach(() => cloud.setNow(null));

const path = () => `/goals/${goalId}/schedules`;
async function schedule(settings: object = {}) {
  const { status, body } = await api.post(path(), { cron: '0 8 * * *', ...settings }, { token });
  expect(status).toBe(201);
  return body;
}
const read = async (id: string) => (await api.get(`${path()}/${id}`, { token })).body;
const slotsOf = async (id: string) => (await api.get(`${path()}/${id}/slots?limit=100`, { token })).body.data;
const runsOf = async () => (await api.get(`/runs?goalId=${goalId}`, { token })).body.data;
/** The queue says that it is due. */
async function hint(scheduleId: string): Promise<string> {
  const response = await deliver(cloud, '/api/v1/callbacks/schedule', { scheduleId });
  const { outcome } = z.object({ outcome: z.string() }).parse(await response.json());
  return `${response.status} ${outcome}`;
}
async function known(): Promise<string[]> {
  const list = new Request('http://qstash.local/v2/schedules', {
    headers: { authorization: `Bearer ${cloudToken}` },
  });
  const schedules = z
    .array(z.object({ scheduleId: z.string(), cron: z.string() }))
    .parse(await (await cloud.qstash.fetch(list)).json());
  return schedules.map(({ scheduleId, cron }) => `${scheduleId} ${cron}`);
}
const cloudToken = 'eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=';
const CALLS = { calls: [{ name: 'list_files', input: {} }] };

describe('a schedule', () => {
  it('is made with its next five times, and told to the queue', async () => {
    const made = await schedule({
      cron: '30 8 * * mon-fri',
      timeZone: 'Europe/Berlin',
      parameters: { label: 'flaky' },
    });
    expect(made).toMatchObject({
      goalId,
      status: 'active',
      overlap: 'skip',
      pauseAfterFailures: 5,
      consecutiveFailures: 0,
      nextSlotAt: '2026-11-23T07:30:00.000Z',
      nextFireTimes: ['23', '24', '25', '26', '27'].map((day) => `2026-11-${day}T07:30:00.000Z`),
    });
    expect(await known()).toContain(`${made.id} CRON_TZ=Europe/Berlin 30 8 * * 1,2,3,4,5`);
    expect(await read(made.id)).toEqual(made);
    expect((await api.get(path(), { token })).body.data).toEqual([made]);
  });

  it.each([
    [{ cron: '61 * * * *' }, 'body.cron', 'minute'],
    [{ cron: '@daily' }, 'body.cron', 'five fields'],
    [{ cron: '0 0 30 2 *' }, 'body.cron', 'no such day'],
    [{ timeZone: 'Mars' }, 'body.timeZone', 'IANA'],
    [{ parameters: { other: 1 } }, 'body.parameters.other', 'no such parameter'],
    [{ parameters: { label: 1 } }, 'body.parameters.label', 'string'],
    [{ jitterSeconds: -1 }, 'body.jitterSeconds', ''],
    [{ overlap: 'never' }, 'body.overlap', ''],
  ])('is refused as %j', async (wrong, field, says) => {
    const { status, body } = await api.post(path(), { cron: '0 8 * * *', ...wrong }, { token });
    expect(status).toBe(400);
    expect(body.errors).toEqual([{ field, message: expect.stringContaining(says) }]);
  });

  it('moves when it is changed, and stands still while it or its goal is paused', async () => {
    const { id } = await schedule();
    const act = (action: string) => api.post(`${path()}/${id}/${action}`, undefined, { token });
    const later = await api.patch(`${path()}/${id}`, { cron: '0 9 * * *' }, { token });
    expect(later.body.nextSlotAt).toBe('2026-11-21T09:00:00.000Z');
    expect(await known()).toContain(`${id} CRON_TZ=UTC 0 9 * * *`);
    expect((await act('pause')).body).toMatchObject({
      status: 'paused',
      pausedReason: 'byRequest',
      nextSlotAt: null,
      nextFireTimes: [],
    });
    expect((await known()).join()).not.toContain(id);
    await setNow('2026-11-21T09:00:05Z');
    expect(await hint(id)).toBe('200 stale');
    expect((await act('resume')).body).toMatchObject({
      status: 'active',
      pausedReason: null,
      nextSlotAt: '2026-11-22T09:00:00.000Z',
    });
    await api.patch(`/goals/${goalId}`, { status: 'paused' }, { token });
    expect(await read(id)).toMatchObject({ status: 'active', nextSlotAt: null });
    await api.patch(`/goals/${goalId}`, { status: 'active' }, { token });
    expect(await read(id)).toMatchObject({ nextSlotAt: '2026-11-22T09:00:00.000Z' });
    await api.delete(`/goals/${goalId}`, { token });
    expect((await known()).join()).not.toContain(id);
    expect((await act('pause')).body.code).toBe('goalArchived');
    expect(await runsOf()).toEqual([]);
  });

  it('is removed, and a hint that comes after it has no effect', async () => {
    const { id } = await schedule();
    expect((await api.delete(`${path()}/${id}`, { token: stranger })).status).toBe(404);
    expect((await api.delete(`${path()}/${id}`, { token })).status).toBe(204);
    expect((await api.delete(`${path()}/${id}`, { token })).status).toBe(404);
    expect((await known()).join()).not.toContain(id);
    expect(await hint(id)).toBe('200 stale');
    expect((await api.get(`/goals/${goalId}`, { token })).body.scheduleCount).toBe(0);
  });

  it('is one of twenty at the most', async () => {
    for (let n = 0; n < 20; n++) await schedule();
    expect((await api.post(path(), { cron: '0 8 * * *' }, { token })).body.code).toBe('schedulesFull');
  });

  it('is made once under one key', async () => {
    const headers = { 'idempotency-key': `schedule-${goalId}` };
    const make = () => api.post(path(), { cron: '0 8 * * *' }, { token, headers });
    expect((await make()).body).toEqual((await make()).body);
    expect((await api.get(path(), { token })).body.data).toHaveLength(1);
  });
});

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
      agentId,
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
    await lookAfter(cloud.context);
    expect((await known()).join()).toContain(id);
  });

  it('refuses what is not signed', async () => {
    const { id } = await schedule();
    const response = await deliver(cloud, '/api/v1/callbacks/schedule', { scheduleId: id }, 'none');
    expect(response.status).toBe(401);
    expect((await deliver(cloud, '/api/v1/callbacks/schedule', {})).status).toBe(489);
  });
});

describe('a slot whose agent is busy', () => {
  const say = (text: string) => api.post(`/agents/${agentId}/messages`, { text }, { token });

  it('is skipped, and says because of which run', async () => {
    const { id } = await schedule();
    const busyRunId =
      (await say('Do something else')).body.run?.id ??
      (await api.get(`/agents/${agentId}`, { token })).body.activeRun.id;
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
    const busyRunId = (await api.get(`/agents/${agentId}`, { token })).body.activeRun.id;
    await setNow('2026-11-21T08:00:01Z');
    expect(await hint(id)).toBe('200 queued');
    expect(await slotsOf(id)).toMatchObject([{ outcome: 'queued', busyRunId, runId: null }]);
    await deliverUntilRest(cloud, busyRunId);
    const [run] = await runsOf();
    expect(run).toMatchObject({
      goalId,
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
      await api.post(`/agents/${agentId}/messages`, { text: `${n}`, deliver: 'afterRun' }, { token });
    await setNow('2026-11-21T08:00:01Z');
    expect(await hint(id)).toBe('200 skipped');
    expect(await slotsOf(id)).toMatchObject([{ outcome: 'skipped', reason: 'queueFull' }]);
  });

  it('takes the place of the run before it, if that was of its goal', async () => {
    const { id } = await schedule({ overlap: 'cancelPrevious' });
    const previous = (await api.post(`/goals/${goalId}/run`, {}, { token })).body;
    await setNow('2026-11-21T08:00:01Z');
    expect(await hint(id)).toBe('200 started');
    const [run, before] = await runsOf();
    expect(run).toMatchObject({ scheduleId: id, status: 'queued' });
    expect(before).toMatchObject({ id: previous.id, status: 'cancelled' });
  });

  it('waits until a worker has heard of the cancel', async () => {
    const { id } = await schedule({ overlap: 'cancelPrevious' });
    const previous = (await api.post(`/goals/${goalId}/run`, {}, { token })).body;
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
    expect((await api.get(`/agents/${agentId}`, { token })).body.activeRun.cancelRequested).toBe(false);
  });
});

describe('a schedule that pauses itself', () => {
  const endAs = (runId: string, status: string) =>
    cloud.db.execute(
      sql`UPDATE runs SET status = ${status}, finished_at = engine_now(), sweep_after = NULL WHERE id = ${runId}`,
    );
  const day = (n: number) => new Date(Date.parse('2026-11-21T08:00:01Z') + n * 86_400_000).toISOString();

  async function fail(id: string, from: number, endings: string[]) {
    for (const [n, ending] of endings.entries()) {
      await setNow(day(from + n));
      expect(await hint(id)).toBe('200 started');
      await endAs((await runsOf())[0].id, ending);
    }
  }

  it('does so after so many failures in a row, and counts anew when it is resumed', async () => {
    const { id } = await schedule({ pauseAfterFailures: 2 });
    await fail(id, 0, ['failed', 'completed', 'failed', 'cancelled']);
    expect(await read(id)).toMatchObject({ status: 'active', consecutiveFailures: 1 });
    await fail(id, 4, ['failed']);
    const failing = { status: 'paused', pausedReason: 'failures', consecutiveFailures: 2, nextSlotAt: null };
    expect(await read(id)).toMatchObject(failing);
    expect((await api.get(path(), { token })).body.data).toMatchObject([failing]);
    await setNow(day(5));
    expect(await hint(id)).toBe('200 paused');
    expect(await hint(id)).toBe('200 stale');
    expect((await known()).join()).not.toContain(id);
    expect(await read(id)).toMatchObject(failing);
    expect((await slotsOf(id))[0]).toMatchObject({ outcome: 'skipped', reason: 'failures' });
    const { body } = await api.post(`${path()}/${id}/resume`, undefined, { token });
    expect(body).toMatchObject({
      status: 'active',
      consecutiveFailures: 0,
      nextSlotAt: '2026-11-27T08:00:00.000Z',
    });
    await fail(id, 6, ['failed']);
    expect(await read(id)).toMatchObject({ status: 'active', consecutiveFailures: 1 });
  });

  it.each([
    ['agentArchived', () => api.delete(`/agents/${agentId}`, { token })],
    [
      'parametersInvalid',
      () => api.patch(`/goals/${goalId}`, { parameters: { label: { type: 'number' } } }, { token }),
    ],
    [
      'makerLeft',
      () =>
        cloud.db.execute(
          sql`DELETE FROM members WHERE organisation_id IN (SELECT organisation_id FROM goals WHERE id = ${goalId})`,
        ),
    ],
  ])('does so because of %s', async (reason, happen) => {
    const { id } = await schedule({ parameters: { label: 'flaky' } });
    const { rows } = await cloud.db.execute(sql`SELECT * FROM members`);
    await happen();
    await setNow('2026-11-21T08:00:01Z');
    expect(await hint(id)).toBe('200 paused');
    for (const { organisation_id, user_id, role } of rows)
      await cloud.db.execute(
        sql`INSERT INTO members (organisation_id, user_id, role) VALUES (${organisation_id}, ${user_id}, ${role}) ON CONFLICT DO NOTHING`,
      );
    expect(await read(id)).toMatchObject({ status: 'paused', pausedReason: reason });
    expect(await runsOf()).toEqual([]);
  });
});

it('runs to the end with the tools of its agent', async () => {
  const goal = { name: 'Script', agentId, prompt: scriptOf(CALLS) };
  goalId = (await api.post('/goals', goal, { token })).body.id;
  const { id } = await schedule();
  await setNow('2026-11-21T08:00:01Z');
  await hint(id);
  const [run] = await runsOf();
  expect(await deliverUntilRest(cloud, run.id)).toBe('completed');
});
