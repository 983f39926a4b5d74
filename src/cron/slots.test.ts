import { Cron as Croner } from 'croner';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCron, writeCron } from './parse-cron.ts';
import { nextSlot, slotsAfter } from './slots.ts';
import { timeZone } from './time-zone.ts';

function zoneOf(name: string) {
  const zone = timeZone(name);
  if (zone === null) throw new Error(`there is no ${name}`);
  return zone;
}

function first(count: number, found: Iterator<number>): number[] {
  return Array.from({ length: count }, () => found.next().value ?? Number.NaN);
}

function slots(cron: string, zone: string, after: string, count: number): string[] {
  const found = first(count, slotsAfter(parseCron(cron), zoneOf(zone), Date.parse(after)));
  return found.map((at) => new Date(at).toISOString().replace(':00.000Z', 'Z'));
}

describe('where clocks are put forward', () => {
  it.each([
    [
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T00:00:00Z',
      ['2026-03-28T01:30Z', '2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    ],
    ['15,30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', ['2026-03-29T01:00Z', '2026-03-30T00:15Z']],
    ['0 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', ['2026-03-29T01:00Z', '2026-03-30T00:00Z']],
    [
      '30 1-2 * * *',
      'America/New_York',
      '2026-03-08T04:00:00Z',
      ['2026-03-08T06:30Z', '2026-03-08T07:00Z', '2026-03-09T05:30Z'],
    ],
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-02T16:00:00Z', ['2026-10-03T15:30Z', '2026-10-04T15:15Z']],
    [
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-03-29T00:00:00Z',
      ['2026-03-29T00:30Z', '2026-03-29T01:00Z', '2026-03-29T01:30Z'],
    ],
    // A whole day that the islands left out.
    [
      '0 9 * * *',
      'Pacific/Apia',
      '2011-12-29T00:00:00Z',
      ['2011-12-29T19:00Z', '2011-12-30T10:00Z', '2011-12-30T19:00Z'],
    ],
  ])('%s in %s is due at the first moment after the gap', (cron, zone, after, expected) => {
    expect(slots(cron, zone, after, expected.length)).toEqual(expected);
  });
});

describe('where clocks are put back', () => {
  it.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']],
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00:00Z', ['2026-11-01T05:30Z', '2026-11-02T06:30Z']],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00:00Z', ['2026-04-04T14:45Z', '2026-04-05T15:15Z']],
    ['0 */2 * * *', 'Europe/Berlin', '2026-10-24T22:00:00Z', ['2026-10-25T00:00Z', '2026-10-25T03:00Z']],
  ])('%s in %s is due the first time only', (cron, zone, after, expected) => {
    expect(slots(cron, zone, after, expected.length)).toEqual(expected);
  });

  it.each([
    [
      '0 * * * *',
      'America/New_York',
      '2026-11-01T04:30:00Z',
      ['2026-11-01T05:00Z', '2026-11-01T06:00Z', '2026-11-01T07:00Z'],
    ],
    [
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-10-24T23:30:00Z',
      [
        '2026-10-25T00:00Z',
        '2026-10-25T00:30Z',
        '2026-10-25T01:00Z',
        '2026-10-25T01:30Z',
        '2026-10-25T02:00Z',
      ],
    ],
    [
      '*/15 * * * *',
      'Australia/Lord_Howe',
      '2026-04-04T14:30:00Z',
      ['2026-04-04T14:45Z', '2026-04-04T15:00Z', '2026-04-04T15:15Z', '2026-04-04T15:30Z'],
    ],
  ])('%s in %s goes on through both hours', (cron, zone, after, expected) => {
    expect(slots(cron, zone, after, expected.length)).toEqual(expected);
  });
});

it('finds days of the month or of the week where both are given', () => {
  expect(slots('0 0 13 * 5', 'UTC', '2026-02-01T00:00:00Z', 4)).toEqual([
    '2026-02-06T00:00Z',
    '2026-02-13T00:00Z',
    '2026-02-20T00:00Z',
    '2026-02-27T00:00Z',
  ]);
});

it('waits eight years for a leap day, and forever for the 30th of February', () => {
  expect(slots('0 0 29 2 *', 'UTC', '2096-03-01T00:00:00Z', 1)).toEqual(['2104-02-29T00:00Z']);
  expect(nextSlot(parseCron('0 0 30 2 *'), zoneOf('UTC'), 0)).toBeNull();
});

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC'];
const of = (from: number, to: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min: from, max: to }).map(String),
    fc.integer({ min: 1, max: to }).map((step) => `*/${step}`),
    fc
      .uniqueArray(fc.integer({ min: from, max: to }), { minLength: 1, maxLength: 4 })
      .map((values) => values.join(',')),
    fc
      .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))
      .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  );
const anyCron = fc
  .tuple(of(0, 59), of(0, 23), of(1, 28), of(1, 12), of(0, 6))
  .map((fields) => fields.join(' '));
const anyMoment = fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2030, 0, 1) });

describe('whatever the expression', () => {
  it('every slot is strictly later than the last, at a whole minute, and found from any moment before it', () => {
    fc.assert(
      fc.property(anyCron, fc.constantFrom(...ZONES), anyMoment, (text, name, after) => {
        const [cron, zone] = [parseCron(text), zoneOf(name)];
        let last = after;
        for (const slot of first(5, slotsAfter(cron, zone, after))) {
          expect(slot).toBeGreaterThan(last);
          expect(slot % 60_000).toBe(0);
          expect(nextSlot(cron, zone, last)).toBe(slot);
          expect(nextSlot(cron, zone, slot - 1)).toBe(slot);
          last = slot;
        }
        expect(last).toBeGreaterThan(after);
      }),
      { numRuns: 300 },
    );
  });

  it('is due when another library says so, where no clock changes', () => {
    fc.assert(
      fc.property(anyCron, anyMoment, (text, after) => {
        // It takes a step over all days for all days: what is given as a list is read alike by everybody.
        const cron = parseCron(text);
        const theirs = new Croner(writeCron(cron), { timezone: 'UTC', mode: '5-part', paused: true });
        expect(nextSlot(cron, zoneOf('UTC'), after)).toBe(theirs.nextRun(new Date(after))?.getTime());
      }),
      { numRuns: 300 },
    );
  });
});
