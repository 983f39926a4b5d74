import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../../src/store/database.ts';
import { type Cloud, openCloud } from '../support/cloud.ts';
import { door } from '../support/door.ts';
import { openPostgres } from './database.ts';
import { findPostgres } from './server.ts';

const bin = await findPostgres();
if (bin === null)
  console.warn(
    'Races for a GitHub token are not tested: there is no PostgreSQL 15 or newer on this machine.',
  );

const RACERS = 64;
const HOURS = 3_600_000;

describe.skipIf(bin === null)('64 requests that find a GitHub token expired, on a real PostgreSQL', () => {
  const clock = { ms: Date.parse('2026-11-21T12:00:00Z'), now: () => clock.ms };
  let cloud: Cloud;
  let api: ReturnType<typeof door>;
  beforeAll(async () => {
    const database = await openPostgres(bin ?? '');
    cloud = await openCloud({ database, github: { expiringTokens: true, clock } });
    api = door(cloud.app);
  });
  afterAll(() => cloud?.close());

  it('refresh it once, all of them go on with the next one, and so time after time', async () => {
    const { accessToken: token } = await cloud.signIn();
    let refreshes = 0;
    cloud.fetches.intercept = async (service, request, send) => {
      const isExchange = service === 'github' && request.url.endsWith('/login/oauth/access_token');
      if (isExchange && (await cloud.fetches.textOf(request)).includes('refresh_token')) refreshes += 1;
      return send();
    };
    for (const times of [1, 2, 3]) {
      clock.ms += 9 * HOURS;
      await query(
        cloud.db,
        sql`UPDATE users SET github_token_expires_at = github_token_expires_at - interval '9 hours'`,
      );
      const answers = await Promise.all(Array.from({ length: RACERS }, () => api.get('/repos', { token })));
      expect([new Set(answers.map(({ status }) => status)), refreshes]).toEqual([new Set([200]), times]);
    }
    const [row] = await query(
      cloud.db,
      sql`SELECT github_token_no AS no, github_refresh_until AS until FROM users`,
    );
    expect(row).toEqual({ no: 4, until: null });
  });
});
