import { type Cron, CronError, parseCron } from '../../cron/parse-cron.ts';
import { nextSlot, slotsAfter } from '../../cron/slots.ts';
import { type TimeZone, timeZone } from '../../cron/time-zone.ts';
import type { ScheduleSettings } from '../../store/schedules.ts';
import { invalidField } from '../errors.ts';

/** When a schedule comes due. */
export interface Times {
  cron: Cron;
  zone: TimeZone;
}

type Timed = Pick<ScheduleSettings, 'cron' | 'timeZone'>;

/** @throws {AppError} validationFailed for what cannot be read, or never comes due */
export function readTimes({ cron: text, timeZone: name }: Timed): Times {
  const zone = timeZone(name);
  if (zone === null) {
    throw invalidField('body.timeZone', 'Expected the IANA name of a time zone, such as "Europe/Berlin".');
  }
  const cron = readCron(text);
  if (nextSlot(cron, zone, 0) === null) throw invalidField('body.cron', 'There is no such day.');
  return { cron, zone };
}

function readCron(text: string): Cron {
  try {
    return parseCron(text);
  } catch (error) {
    if (error instanceof CronError) throw invalidField('body.cron', error.message, error);
    throw error;
  }
}

type Jittered = { id: string; jitterSeconds: number };

/** How much later a slot is fired: the same whoever asks, and spread evenly over slots and schedules. */
export function jitterMs({ id, jitterSeconds }: Jittered, slotAt: number): number {
  let hash = 0x811c9dc5;
  for (const character of `${id}.${slotAt}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  // The last characters have not yet reached the high bits.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (((hash ^ (hash >>> 13)) >>> 0) % (jitterSeconds + 1)) * 1000;
}

/** When a schedule is fired next, so many times. */
export function nextFireTimes(schedule: Timed & Jittered, firstSlotAt: number, count: number): string[] {
  const { cron, zone } = readTimes(schedule);
  const times: string[] = [];
  for (const slotAt of slotsAfter(cron, zone, firstSlotAt - 1)) {
    times.push(new Date(slotAt + jitterMs(schedule, slotAt)).toISOString());
    if (times.length === count) break;
  }
  return times;
}
