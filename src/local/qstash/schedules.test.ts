import { expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { createTestbed } from './testbed.ts';

const URL_A = 'http://app.test/sweep';
const HOUR_MS = 3_600_000;

it('publishes in every slot, with the id of the schedule', async () => {
  const clock = new ManualClock(Date.parse('2026-06-01T08:59:30Z'));
  const { client, service, received } = await createTestbed({ clock });
  const { scheduleId } = await client.schedules.create({
    destination: URL_A,
    cron: '0 * * * *',
    body: '{"sweep":true}',
    headers: { 'X-Kind': 'hourly' },
  });
  await clock.advance(3 * HOUR_MS);
  expect(service.deliveries.map(({ at }) => new Date(at).toISOString().slice(11, 19))).toEqual([
    '09:00:00',
    '10:00:00',
    '11:00:00',
  ]);
  expect(received[0]?.body).toBe('{"sweep":true}');
  expect(Object.fromEntries(received[0]?.headers ?? [])).toMatchObject({
    'upstash-schedule-id': scheduleId,
    'x-kind': 'hourly',
  });
  expect(service.counts).toMatchObject({ scheduled: 3, published: 0 });
});

it('keeps the local time of its zone over a clock change', async () => {
  const clock = new ManualClock(Date.parse('2026-03-28T00:00:00Z'));
  const { client, service } = await createTestbed({ clock });
  await client.schedules.create({ destination: URL_A, cron: 'CRON_TZ=Europe/Berlin 0 9 * * *' });
  await clock.advance(48 * HOUR_MS);
  expect(service.deliveries.map(({ at }) => new Date(at).toISOString())).toEqual([
    '2026-03-28T08:00:00.000Z',
    '2026-03-29T07:00:00.000Z',
  ]);
});

it('shows, lists and deletes schedules', async () => {
  const clock = new ManualClock(Date.parse('2026-06-01T08:59:30Z'));
  const { client, call } = await createTestbed({ clock });
  await client.schedules.create({
    scheduleId: 'nightly',
    destination: URL_A,
    cron: '  CRON_TZ=UTC 0 9 * * *  ',
    retries: 2,
    delay: 5,
    body: 'x',
    label: 'l',
  });
  const schedule = await client.schedules.get('nightly');
  expect(schedule).toMatchObject({
    scheduleId: 'nightly',
    destination: URL_A,
    cron: 'CRON_TZ=UTC 0 9 * * *',
    method: 'POST',
    retries: 2,
    delay: 5,
    body: 'x',
    isPaused: false,
    labels: ['l'],
    nextScheduleTime: Date.parse('2026-06-01T09:00:00Z'),
  });
  await clock.advance(HOUR_MS);
  const fired = await client.schedules.get('nightly');
  expect(fired.lastScheduleTime).toBe(Date.parse('2026-06-01T09:00:00Z'));
  expect(Object.values(fired.lastScheduleStates ?? {})).toEqual(['SUCCESS']);
  expect((await client.schedules.list()).map(({ scheduleId }) => scheduleId)).toEqual(['nightly']);
  await client.schedules.delete('nightly');
  expect(await client.schedules.list()).toEqual([]);
  expect((await call('/v2/schedules/nightly')).status).toBe(404);
});

it('overwrites a schedule under its id, and drops the old body', async () => {
  const { client } = await createTestbed();
  await client.schedules.create({ scheduleId: 's', destination: URL_A, cron: '0 * * * *', body: 'old' });
  await client.schedules.create({ scheduleId: 's', destination: `${URL_A}/2`, cron: '5 * * * *' });
  const schedules = await client.schedules.list();
  expect(schedules).toMatchObject([{ destination: `${URL_A}/2`, cron: '5 * * * *' }]);
  expect(schedules[0]?.body).toBeUndefined();
});

it('lets the slots of a paused schedule pass, with PATCH and with POST', async () => {
  const clock = new ManualClock(Date.parse('2026-06-01T08:30:00Z'));
  const { client, call, received } = await createTestbed({ clock });
  await client.schedules.create({ scheduleId: 's', destination: URL_A, cron: '0 * * * *' });
  await client.schedules.pause({ schedule: 's' });
  expect((await client.schedules.get('s')).isPaused).toBe(true);
  await clock.advance(2 * HOUR_MS);
  expect(received).toEqual([]);
  await client.schedules.resume({ schedule: 's' });
  await clock.advance(HOUR_MS);
  expect(received).toHaveLength(1);
  expect((await call('/v2/schedules/s/pause', { method: 'POST' })).status).toBe(200);
  await clock.advance(HOUR_MS);
  expect(received).toHaveLength(1);
});

it('enqueues when it names a queue', async () => {
  const clock = new ManualClock(Date.parse('2026-06-01T08:59:30Z'));
  const { client } = await createTestbed({ clock });
  await client.queue({ queueName: 'q' }).upsert({ paused: true });
  await client.schedules.create({ destination: URL_A, cron: '0 * * * *', queueName: 'q' });
  await clock.advance(2 * HOUR_MS);
  expect((await client.queue({ queueName: 'q' }).get()).lag).toBe(2);
});

it.each([
  ['Upstash-Cron', 'every day', /^invalid cron: /],
  ['Upstash-Cron', '* * * * * *', /^invalid cron: /],
  ['Upstash-Cron', 'CRON_TZ=Mars/Olympus * * * * *', /^invalid cron: /],
  ['Upstash-Cron', '', /^cron is missing$/],
  ['Upstash-Schedule-Id', 'a b', /^invalid schedule id: a b$/],
])('refuses %s: "%s"', async (name, value, error) => {
  const { call } = await createTestbed();
  const headers = new Headers({ 'Upstash-Cron': '* * * * *' });
  headers.set(name, value);
  const response = await call(`/v2/schedules/${URL_A}`, { method: 'POST', headers });
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ error: expect.stringMatching(error) });
});
