import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openSchedules } from '../../../test/support/schedules.ts';

const { cloud, api, token, stranger, of, setNow, path, schedule, read, slotsOf, runsOf, hint, known } =
  await openSchedules();

describe('a schedule', () => {
  it('is made with its next five times, and told to the queue', async () => {
    const made = await schedule({
      cron: '30 8 * * mon-fri',
      timeZone: 'Europe/Berlin',
      parameters: { label: 'flaky' },
    });
    expect(made).toMatchObject({
      goalId: of.goalId,
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
    await api.patch(`/goals/${of.goalId}`, { status: 'paused' }, { token });
    expect(await read(id)).toMatchObject({ status: 'active', nextSlotAt: null });
    await api.patch(`/goals/${of.goalId}`, { status: 'active' }, { token });
    expect(await read(id)).toMatchObject({ nextSlotAt: '2026-11-22T09:00:00.000Z' });
    await api.delete(`/goals/${of.goalId}`, { token });
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
    expect((await api.get(`/goals/${of.goalId}`, { token })).body.scheduleCount).toBe(0);
  });

  it('is one of twenty at the most', async () => {
    for (let n = 0; n < 20; n++) await schedule();
    expect((await api.post(path(), { cron: '0 8 * * *' }, { token })).body.code).toBe('schedulesFull');
  });

  it('is made once under one key', async () => {
    const headers = { 'idempotency-key': `schedule-${of.goalId}` };
    const make = () => api.post(path(), { cron: '0 8 * * *' }, { token, headers });
    expect((await make()).body).toEqual((await make()).body);
    expect((await api.get(path(), { token })).body.data).toHaveLength(1);
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
    ['agentArchived', () => api.delete(`/agents/${of.agentId}`, { token })],
    [
      'parametersInvalid',
      // As when it is changed while the schedule is made.
      () =>
        cloud.db.execute(
          sql`UPDATE goals SET parameters = '{"label": {"type": "number"}}' WHERE id = ${of.goalId}`,
        ),
    ],
    [
      'makerLeft',
      () =>
        cloud.db.execute(
          sql`DELETE FROM members WHERE organisation_id IN (SELECT organisation_id FROM goals WHERE id = ${of.goalId})`,
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
