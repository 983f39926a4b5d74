import { neonConfig } from '@neondatabase/serverless';
import { LocalCloudError } from '../../src/local/cloud/local-cloud-error.ts';

/** The DATABASE_URL of an environment, which the driver is set up for: over HTTP, as the Worker does. */
export function databaseUrlOf({ DATABASE_URL, NEON_HTTP_ENDPOINT }: NodeJS.ProcessEnv): string {
  if (!DATABASE_URL)
    throw new LocalCloudError('DATABASE_URL is missing: the connection string of the database.');
  // Checked here because the driver's own message would repeat it, password and all.
  if (!/^postgres(ql)?:\/\//.test(DATABASE_URL) || !URL.canParse(DATABASE_URL)) {
    throw new LocalCloudError('DATABASE_URL must look like postgres://user:password@host/database.');
  }
  if (NEON_HTTP_ENDPOINT) neonConfig.fetchEndpoint = NEON_HTTP_ENDPOINT;
  return DATABASE_URL;
}
