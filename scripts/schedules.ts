import { z } from 'zod';
import { envSchema } from '../src/env.ts';
import { LocalCloudError } from '../src/local/cloud/local-cloud-error.ts';
import { registerSchedules } from '../src/local/register-schedules.ts';
import { main } from './support/main.ts';

const targetSchema = envSchema.pick({ QSTASH_URL: true, QSTASH_TOKEN: true, PUBLIC_URL: true });

/** Registers the hourly sweep of a deployment in QStash. Running it again changes nothing. */
await main(async () => {
  const target = targetSchema.safeParse(process.env);
  if (!target.success)
    throw new LocalCloudError(`The environment is not complete.\n${z.prettifyError(target.error)}`);
  await registerSchedules(target.data).catch((error: Error) => {
    throw new LocalCloudError(`QStash did not take the schedule. ${error.message}`);
  });
  console.log(`QStash sweeps ${target.data.PUBLIC_URL} every hour.`);
  return 0;
});
