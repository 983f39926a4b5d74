import { z } from '@hono/zod-openapi';
import { valuesSchema } from './goal-schema.ts';

const cron = z.string().max(200).openapi({
  example: '0 8 * * 1-5',
  description:
    'Five fields: minute, hour, day of the month, month, day of the week (0 or 7 is Sunday; names such as `mon` will do). `@daily` and seconds are not read. With both days given, either will do',
});
const zone = z.string().max(100).openapi({
  example: 'Europe/Berlin',
  description:
    'The IANA name of a time zone. Where its clocks change, a time that does not exist is due at the first moment after the gap, one that comes twice is due the first time; a schedule of every hour goes by what clocks show',
});
const overlap = z.enum(['skip', 'queue', 'cancelPrevious']).openapi({
  description:
    "When the agent is at a run: `skip` the slot, `queue` a run behind it, or `cancelPrevious` if it is the goal's own (and queue, if it is not)",
});
const jitter = z
  .int()
  .min(0)
  .max(3600)
  .openapi({ description: 'Each slot is fired up to so much later, each by another amount' });
const failures = z
  .int()
  .min(1)
  .max(100)
  .nullable()
  .openapi({ description: 'So many failed runs in a row pause it; null for never' });

export const scheduleSchema = z
  .object({
    id: z.string().openapi({ example: 'schedule_01h455vb4pex5vsknk084sn02q' }),
    goalId: z.string(),
    cron,
    timeZone: zone,
    parameters: valuesSchema,
    overlap,
    jitterSeconds: jitter,
    pauseAfterFailures: failures,
    status: z.enum(['active', 'paused']),
    pausedReason: z
      .enum(['byRequest', 'failures', 'agentArchived', 'parametersInvalid', 'makerLeft'])
      .nullable()
      .openapi({ description: 'Why it is paused; all but `byRequest` it did by itself' }),
    consecutiveFailures: z
      .int()
      .openapi({ description: 'Runs of it that failed since one completed, or since it was resumed' }),
    nextSlotAt: z.iso
      .datetime()
      .nullable()
      .openapi({ description: 'When it is due; null while it or its goal is paused' }),
    nextFireAt: z.iso.datetime().nullable().openapi({ description: 'The same, with its jitter' }),
    nextFireTimes: z.array(z.iso.datetime()).openapi({ description: 'The next five times, jitter included' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Schedule');

export const newScheduleSchema = z
  .strictObject({
    cron,
    timeZone: zone.default('UTC'),
    parameters: valuesSchema.default({}),
    overlap: overlap.default('skip'),
    jitterSeconds: jitter.default(0),
    pauseAfterFailures: failures.default(5),
  })
  .openapi('NewSchedule');

export const scheduleChangesSchema = z
  .strictObject({
    cron: cron.optional(),
    timeZone: zone.optional(),
    parameters: valuesSchema.optional(),
    overlap: overlap.optional(),
    jitterSeconds: jitter.optional(),
    pauseAfterFailures: failures.optional(),
  })
  .openapi('ScheduleChanges');

export const slotSchema = z
  .object({
    slotAt: z.iso.datetime(),
    firedAt: z.iso.datetime().openapi({ description: 'When that was decided' }),
    outcome: z.enum(['started', 'queued', 'skipped', 'missed']).openapi({
      description: '`missed`: it had passed when somebody looked, and a later one was fired in its place',
    }),
    late: z.boolean().openapi({ description: 'It was fired more than five minutes after its time' }),
    reason: z.string().nullable().openapi({
      example: 'agentBusy',
      description: '`agentBusy`, `queueFull`, or why the schedule was paused',
    }),
    runId: z
      .string()
      .nullable()
      .openapi({ description: 'The run that it started; of a queued one, once it has begun' }),
    busyRunId: z.string().nullable().openapi({ description: 'The run that its agent was at' }),
    count: z
      .int()
      .openapi({ description: 'How many slots this one stands for: those missed long ago are put together' }),
  })
  .openapi('ScheduleSlot');
