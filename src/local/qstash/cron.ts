import { Cron } from 'croner';

/**
 * Reads a cron expression of five fields (or `@daily` and the like), with an optional `CRON_TZ=<IANA zone> ` in
 * front; UTC without it.
 *
 * Where a clock change drops or repeats a local time, croner decides: a fixed time that does not exist runs at the
 * first moment after the gap, one that occurs twice runs once. The service does not document its own choice.
 *
 * @returns the next slot strictly after a moment, in milliseconds; undefined when there is none
 * @throws Error that says what could not be read
 */
export function parseCron(expression: string): (afterMs: number) => number | undefined {
  const [, zone, pattern = ''] = /^(?:CRON_TZ=(\S+)\s+)?(.*)$/s.exec(expression.trim()) ?? [];
  const cron = new Cron(pattern, { timezone: zone ?? 'UTC', mode: '5-part', paused: true });
  const next = (afterMs: number) => cron.nextRun(new Date(afterMs))?.getTime();
  if (next(0) === undefined) throw new Error('it never comes due');
  return next;
}
