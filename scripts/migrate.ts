import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { LocalCloudError } from '../src/local/cloud/local-cloud-error.ts';
import { plural } from '../src/local/terminal/columns.ts';
import { applyMigrations } from '../src/store/apply-migrations.ts';
import { databaseUrlOf } from './support/database-url.ts';
import { main } from './support/main.ts';

const FOLDER = fileURLToPath(new URL('../migrations', import.meta.url));
const journalSchema = z.object({ entries: z.array(z.object({ tag: z.string() })) });

/** Brings the database of DATABASE_URL up to date, over HTTP as the Worker does. */
await main(async () => {
  const databaseUrl = databaseUrlOf(process.env);
  const { entries } = journalSchema.parse(JSON.parse(await readFile(`${FOLDER}/meta/_journal.json`, 'utf8')));
  const applied = await applyMigrations(databaseUrl, FOLDER).catch((error: Error) => {
    throw new LocalCloudError(`The migrations were not applied. ${error.message}`);
  });
  for (const { tag } of applied === 0 ? [] : entries.slice(-applied)) console.log(`  applied  ${tag}`);
  console.log(
    applied === 0
      ? `The database was up to date, with ${plural(entries.length, 'migration')}.`
      : 'The database is up to date.',
  );
  return 0;
});
