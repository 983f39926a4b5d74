import { neon } from '@neondatabase/serverless';
import { drizzle } from 'drizzle-orm/neon-http';
import { rotateKeys } from '../src/auth/rotate-keys.ts';
import { encryptionOldKeys } from '../src/env.ts';
import { LocalCloudError } from '../src/local/cloud/local-cloud-error.ts';
import { plural } from '../src/local/terminal/columns.ts';
import * as schema from '../src/store/schema.ts';
import { databaseUrlOf } from './support/database-url.ts';
import { main } from './support/main.ts';

/** Under a wrong key it would be all there is. */
const MOST_NAMED = 20;

/** Seals with ENCRYPTION_KEY what ENCRYPTION_OLD_KEYS have sealed, while the API serves. Can be stopped and run again at any time. */
await main(async (stop) => {
  const databaseUrl = databaseUrlOf(process.env);
  const { ENCRYPTION_KEY = '', ENCRYPTION_OLD_KEYS } = process.env;
  const old = encryptionOldKeys.safeParse(ENCRYPTION_OLD_KEYS);
  if (!/^[0-9a-f]{64}$/i.test(ENCRYPTION_KEY))
    throw new LocalCloudError('ENCRYPTION_KEY must be 64 hexadecimal digits: the key to seal with.');
  if (!old.success) throw new LocalCloudError(`ENCRYPTION_OLD_KEYS must be ${old.error.issues[0]?.message}.`);
  const db = drizzle({ client: neon(databaseUrl), schema });
  const { resealed, unopened } = await rotateKeys(db, [ENCRYPTION_KEY, ...old.data], (field, count) => {
    console.log(`  ${field.padEnd(20)}${String(count).padStart(9)} sealed anew`);
    stop.throwIfAborted();
  });
  console.log(`${plural(resealed, 'secret')} sealed anew.`);
  if (unopened.length === 0) {
    console.log('Nothing is sealed with an old key any more.');
    return 0;
  }
  console.error(`${plural(unopened.length, 'secret')} left as they are, which none of the keys opens:`);
  for (const { place, reason } of unopened.slice(0, MOST_NAMED)) console.error(`  ${place}: ${reason}`);
  if (unopened.length > MOST_NAMED) console.error(`  and ${unopened.length - MOST_NAMED} more`);
  return 1;
});
