import type { Core } from './core.ts';
import { parseCron } from './cron.ts';
import { toBase64 } from './header-map.ts';
import { checkSize, newMessage } from './publish.ts';
import { checkDestination, readPublishOptions } from './publish-options.ts';
import { Refusal } from './refusal.ts';
import { newId } from './store.ts';
import type { Schedule } from './types.ts';

/**
 * Creates a schedule, or overwrites the one whose id is given, its body included.
 *
 * @throws Refusal 400 for a bad cron, id, destination or header
 */
export function createSchedule(
  core: Core,
  destination: string,
  headers: Headers,
  body: Uint8Array,
): Schedule {
  const now = core.clock.now();
  const scheduleId = headers.get('upstash-schedule-id') ?? newId('scd_');
  if (!/^[A-Za-z0-9._-]+$/.test(scheduleId)) throw new Refusal(400, `invalid schedule id: ${scheduleId}`);
  const cron = headers.get('upstash-cron')?.trim();
  if (!cron) throw new Refusal(400, 'cron is missing');
  checkSize(body);
  const schedule: Schedule = {
    scheduleId,
    cron,
    destination: checkDestination(destination),
    body: toBase64(body),
    options: readPublishOptions(headers, now),
    queueName: headers.get('upstash-queue-name') ?? undefined,
    isPaused: false,
    createdAt: core.store.schedules.get(scheduleId)?.createdAt ?? now,
    nextAt: readCron(cron)(now),
    lastStates: {},
  };
  core.store.schedules.set(scheduleId, schedule);
  core.changed();
  return schedule;
}

/**
 * Publishes what is due and moves each schedule on to its next slot. Slots missed while nothing ran are made up
 * for once; slots of a paused schedule pass by.
 *
 * @returns the next slot of all, infinity without one
 */
export function fireSchedules(core: Core, now: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const schedule of core.store.schedules.values()) {
    if (schedule.nextAt !== undefined && schedule.nextAt <= now) {
      if (!schedule.isPaused) fire(core, schedule, now);
      schedule.nextAt = readCron(schedule.cron)(now);
      core.changed();
    }
    next = Math.min(next, schedule.nextAt ?? next);
  }
  return next;
}

function fire(core: Core, schedule: Schedule, now: number): void {
  const { scheduleId, queueName } = schedule;
  const message = newMessage(core, schedule.destination, schedule.body, schedule.options, {
    queueName,
    scheduleId,
  });
  schedule.lastAt = now;
  schedule.lastStates = { [message.messageId]: 'IN_PROGRESS' };
  core.dispatcher.accept(message);
  core.counts.scheduled++;
}

function readCron(cron: string): ReturnType<typeof parseCron> {
  try {
    return parseCron(cron);
  } catch (error) {
    throw new Refusal(400, `invalid cron: ${error instanceof Error ? error.message : error}`);
  }
}
