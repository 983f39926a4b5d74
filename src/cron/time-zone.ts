/** What the clocks of a time zone show. Wall times are milliseconds as if they were UTC. */
export interface TimeZone {
  /** What is to be added to an instant to get the wall time then, in milliseconds. */
  offsetAt(at: number): number;
  /** When clocks show a wall time: at no instant (`gapEnd` is the first after the gap), at one, or at two. */
  instantsOf(wall: number): { instants: readonly number[]; gapEnd: number | null };
}

const DAY_MS = 86_400_000;
const opened = new Map<string, TimeZone>();

/**
 * Opens a time zone by its IANA name, such as `Europe/Berlin`.
 *
 * @returns null for a name that is not known; offsets such as `+02:00` are none
 */
export function timeZone(name: string): TimeZone | null {
  const known = opened.get(name);
  if (known) return known;
  if (!/^[A-Za-z][\w+-]*(?:\/[\w+-]+)*$/.test(name)) return null;
  const format = formatFor(name);
  if (format === null) return null;
  const zone = zoneOf(format);
  opened.set(name, zone);
  return zone;
}

function formatFor(name: string): Intl.DateTimeFormat | null {
  const numeric = 'numeric';
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function zoneOf(format: Intl.DateTimeFormat): TimeZone {
  const offsetAt = (at: number): number => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const wall = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return wall - Math.floor(at / 1000) * 1000;
  };
  const instantsOf = (wall: number) => {
    const [before, after] = [offsetAt(wall - DAY_MS), offsetAt(wall + DAY_MS)];
    const candidates = [...new Set([before, after])].map((offset) => wall - offset);
    const instants = candidates.filter((at) => at + offsetAt(at) === wall).sort((a, b) => a - b);
    return { instants, gapEnd: instants.length === 0 ? gapEnd(wall - after, wall - before) : null };
  };
  /** The first instant with the later offset: clocks change between the two. */
  const gapEnd = (before: number, after: number): number => {
    const late = offsetAt(after);
    let [low, high] = [before, after];
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2000) * 1000;
      if (offsetAt(middle) === late) high = middle;
      else low = middle;
    }
    return high;
  };
  return { offsetAt, instantsOf };
}
