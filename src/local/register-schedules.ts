import { createLog } from '../log.ts';
import { createQueue } from '../queue/qstash.ts';

/** What registering needs of a deployment's environment. */
export interface ScheduleTarget {
  QSTASH_URL: string;
  QSTASH_TOKEN: string;
  PUBLIC_URL: string;
}

/** Registers what a deployment wants from QStash besides messages: the hourly sweep. Repeating it changes nothing. */
export async function registerSchedules(env: ScheduleTarget): Promise<void> {
  const queue = createQueue({
    url: env.QSTASH_URL,
    token: env.QSTASH_TOKEN,
    publicUrl: env.PUBLIC_URL,
    // Only deliveries are verified with keys.
    currentSigningKey: '',
    nextSigningKey: '',
    log: createLog('warn'),
  });
  await queue.scheduleSweep();
}
