import type { Cron } from './parse-cron.ts';
import type { TimeZone } from './time-zone.ts';

const DAY_MS = 86_400_000;
/** The 29th of February can be eight years away. */
const LONGEST_DAYS = 9 * 366;

/**
 * The instants at which a schedule comes due, in order, each strictly after the one before.
 *
 * Where clocks change: a time of day that does not exist is due at the first moment after the gap, and one that clocks show twice is due
 * the first time. A schedule of every hour is due whenever clocks show its minutes: in both hours of those that are repeated, and not for
 * those that are left out. When both days of the month and days of the week are given, either will do.
 *
 * @param after in milliseconds since 1970
 */
export function* slotsAfter(cron: Cron, zone: TimeZone, after: number): Generator<number, void> {
  let last = after;
  // Clocks may have been put back over midnight since.
  const first = Math.floor((after + zone.offsetAt(after)) / DAY_MS) - 1;
  let lastDay = first;
  for (let day = first; day - lastDay <= LONGEST_DAYS; day++) {
    if (!isDue(cron, day)) continue;
    for (const slot of slotsOf(cron, zone, day * DAY_MS)) {
      if (slot <= last) continue;
      last = slot;
      lastDay = day;
      yield slot;
    }
  }
}

/** The next slot strictly after an instant; null when there is none. */
export function nextSlot(cron: Cron, zone: TimeZone, after: number): number | null {
  return slotsAfter(cron, zone, after).next().value ?? null;
}

function isDue({ months, daysOfMonth, daysOfWeek }: Cron, day: number): boolean {
  const date = new Date(day * DAY_MS);
  if (!months.includes(date.getUTCMonth() + 1)) return false;
  const inMonth = daysOfMonth.includes(date.getUTCDate());
  const inWeek = daysOfWeek.includes(date.getUTCDay());
  if (daysOfMonth.length === 31) return inWeek;
  return daysOfWeek.length === 7 ? inMonth : inMonth || inWeek;
}

/** The slots of a day, in order. @param midnight its first moment on the wall */
function slotsOf({ hours, minutes }: Cron, zone: TimeZone, midnight: number): number[] {
  const walls = hours.flatMap((hour) => minutes.map((minute) => midnight + (hour * 60 + minute) * 60_000));
  const offset = zone.offsetAt(midnight - DAY_MS);
  // Clocks do not change around most days, and then there is nothing to ask of each time.
  if (offset === zone.offsetAt(midnight + 2 * DAY_MS)) return walls.map((wall) => wall - offset);
  const isEveryHour = hours.length === 24;
  const slots = walls.flatMap((wall) => {
    const { instants, gapEnd } = zone.instantsOf(wall);
    if (isEveryHour) return instants;
    return gapEnd === null ? instants.slice(0, 1) : [gapEnd];
  });
  return [...new Set(slots)].sort((a, b) => a - b);
}
