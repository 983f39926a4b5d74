import { Cron } from 'croner';

export interface CronTimer {
  /** Fires every trigger now and waits for its end. */
  tick(): Promise<void>;
  close(): void;
}

/**
 * Stands in for Cloudflare's cron triggers: calls the Worker that calls `scheduled`, whenever an expression is due in UTC.
 * A tick that fails is forgotten, as there; the next one comes.
 *
 * @param url of the calling Worker (`capnp-config.ts`)
 */
export function startCron(crons: string[], url: string): CronTimer {
  const fire = async (cron: string) => {
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify({ cron, scheduledTime: Date.now() }),
    });
    const body = await response.text();
    if (!response.ok || !body.includes('"ok"')) throw new Error(`The cron trigger ${cron} failed: ${body}`);
  };
  const timers = crons.map(
    (cron) => new Cron(cron, { timezone: 'UTC', unref: true, catch: true }, () => fire(cron)),
  );
  return {
    async tick() {
      if (crons.length === 0) throw new Error('there are no cron triggers');
      await Promise.all(crons.map(fire));
    },
    close() {
      for (const timer of timers) timer.stop();
    },
  };
}
