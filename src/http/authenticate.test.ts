import { sql } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { testContext } from '../../test/support/context.ts';
import { openTestDatabase } from '../../test/support/database.ts';
import { door } from '../../test/support/door.ts';
import { addUser } from '../../test/support/runs.ts';
import { tokenFor } from '../../test/support/token.ts';
import { createApp } from '../app.ts';

const database = await openTestDatabase();
afterAll(() => database.close());
const { db } = database;
const context = testContext({ db });
const api = door(createApp(context));
const ask = (authorization: string, headers: Record<string, string> = {}) =>
  api.get('/tools', { headers: { authorization, ...headers } });

describe('authenticate', () => {
  it('lets in who brings a token of ours, however the scheme is written', async () => {
    const token = await tokenFor(context);
    for (const header of [`Bearer ${token}`, `bearer ${token}`, `Bearer  ${token}`]) {
      expect((await ask(header)).status).toBe(200);
    }
  });

  it('tells an expired token from a bad one', async () => {
    const token = await tokenFor(context);
    const later = testContext({ db });
    later.clock.now = new Date(context.now().getTime() + 900_000);
    const { status, body, headers } = await door(createApp(later)).get('/tools', { token });
    expect(status).toBe(401);
    expect(body.code).toBe('accessTokenExpired');
    expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('refuses a token of another deployment', async () => {
    const elsewhere = { ...context, settings: { ...context.settings, publicUrl: 'https://elsewhere.test' } };
    const { status, body } = await ask(`Bearer ${await tokenFor(elsewhere)}`);
    expect(status).toBe(401);
    expect(body.code).toBe('accessTokenInvalid');
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'Bearer a b', 'Bearer <script>', 'nonsense'])(
    'refuses the header %j',
    async (header) => {
      const { status, body } = await ask(header);
      expect(status).toBe(401);
      expect(['accessTokenInvalid', 'accessTokenMissing']).toContain(body.code);
    },
  );

  it('refuses the token of a session that has ended, at once', async () => {
    const token = await tokenFor(context);
    expect((await ask(`Bearer ${token}`)).status).toBe(200);
    await db.execute(sql`UPDATE sessions SET revoked_at = engine_now()`);
    const { status, body } = await ask(`Bearer ${token}`);
    expect([status, body.code]).toEqual([401, 'sessionEnded']);
  });

  it('puts the user and their organisation into the line of the log and the token nowhere', async () => {
    await addUser(db, 'user_log');
    const token = await tokenFor(context, 'user_log');
    await ask(`Bearer ${token}`);
    expect(context.lines.at(-1)).toContain('"userId":"user_log","organisationId":"org_log"');
    expect(context.lines.join()).not.toContain(token);
  });
});

describe('the organisation of a request', () => {
  it('is the personal one, or a named one that the user is a member of', async () => {
    await addUser(db, 'user_ada');
    await db.execute(
      sql`INSERT INTO organisations (id, name) VALUES ('org_team', 'Team'), ('org_foreign', 'Foreign')`,
    );
    await db.execute(
      sql`INSERT INTO members (organisation_id, user_id, role) VALUES ('org_team', 'user_ada', 'viewer')`,
    );
    const bearer = `Bearer ${await tokenFor(context, 'user_ada')}`;
    const actsFor = async (organisation?: string) => {
      const headers: Record<string, string> = organisation ? { 'cadence-organisation': organisation } : {};
      const { status, body } = await ask(bearer, headers);
      return status === 200
        ? JSON.parse(context.lines.at(-1) ?? '').organisationId
        : { status, ...body, requestId: '' };
    };
    expect(await actsFor()).toBe('org_ada');
    expect(await actsFor('org_team')).toBe('org_team');
    const unknown = await actsFor('org_nothing');
    expect(unknown).toMatchObject({ status: 404, code: 'notFound' });
    expect(await actsFor('org_foreign')).toEqual(unknown);
  });

  it('gives its viewers no more than a look', async () => {
    await db.execute(sql`UPDATE members SET role = 'viewer' WHERE organisation_id = 'org_team'`);
    const token = await tokenFor(context, 'user_ada');
    const headers = { 'cadence-organisation': 'org_team' };
    expect((await api.get('/agents', { token, headers })).status).toBe(200);
    const { status, body } = await api.post('/agents', {}, { token, headers });
    expect([status, body.code]).toEqual([403, 'permissionMissing']);
  });
});

describe('limits', () => {
  const strict = testContext({ db });
  strict.settings = { ...strict.settings, rateLimitPerMinute: 4 };
  const limited = door(createApp(strict));

  it('count by user and by route, say what is left and when it comes back', async () => {
    const token = await tokenFor(context);
    const left = async (path: string) => {
      const { status, headers } = await limited.get(path, { token });
      return [status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')];
    };
    expect(await left('/tools')).toEqual([200, '2', '1']);
    expect(await left('/tools')).toEqual([200, '2', '0']);
    expect(await left('/tools')).toEqual([429, '2', '0']);
    expect(await left('/agents')).toEqual([200, '4', '0']);
    const { status, body, headers } = await limited.get('/agents', { token });
    expect([status, body.code, headers.get('ratelimit-limit')]).toEqual([429, 'rateLimited', '4']);
    expect(Number(headers.get('retry-after'))).toBe(Number(headers.get('ratelimit-reset')));
    expect((await limited.get('/agents', { token: await tokenFor(context) })).status).toBe(200);
  });
});
