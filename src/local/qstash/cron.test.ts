import { expect, it } from 'vitest';
import { parseCron } from './cron.ts';

function slots(expression: string, from: string, count: number): string[] {
  const next = parseCron(expression);
  const found: string[] = [];
  let at = Date.parse(from);
  for (let i = 0; i < count; i++) {
    at = next(at) ?? Number.NaN;
    found.push(new Date(at).toISOString().slice(0, 16));
  }
  return found;
}

it('counts in UTC without a zone', () => {
  expect(slots('30 9 * * 1-5', '2026-11-20T12:00:00Z', 2)).toEqual(['2026-11-23T09:30', '2026-11-24T09:30']);
});

it('keeps the local time when the clocks go forward', () => {
  expect(slots('CRON_TZ=Europe/Berlin 0 9 * * *', '2026-03-27T12:00:00Z', 3)).toEqual([
    '2026-03-28T08:00',
    '2026-03-29T07:00',
    '2026-03-30T07:00',
  ]);
});

it('keeps the local time when the clocks go back', () => {
  expect(slots('CRON_TZ=America/New_York 0 9 * * *', '2026-10-31T00:00:00Z', 2)).toEqual([
    '2026-10-31T13:00',
    '2026-11-01T14:00',
  ]);
});

it('runs at the end of the gap when the local time does not exist', () => {
  expect(slots('CRON_TZ=America/New_York 30 2 * * *', '2026-03-08T00:00:00Z', 2)).toEqual([
    '2026-03-08T07:00',
    '2026-03-09T06:30',
  ]);
});

it('runs once when a local time occurs twice', () => {
  expect(slots('CRON_TZ=America/New_York 30 1 * * *', '2026-11-01T00:00:00Z', 2)).toEqual([
    '2026-11-01T05:30',
    '2026-11-02T06:30',
  ]);
});

it.each(['', '* * * *', '61 * * * *', '* * * * * *', 'CRON_TZ=Mars/Olympus 0 9 * * *', '0 0 31 2 *'])(
  'refuses "%s"',
  (expression) => {
    expect(() => parseCron(expression)).toThrow();
  },
);
