import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestContext, testContext } from '../../../test/support/context.ts';
import { openTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { door } from '../../../test/support/door.ts';
import { openTestGitHub, pkce, type TestGitHub } from '../../../test/support/github.ts';
import { approvedCode, signInAs } from '../../../test/support/sign-in.ts';
import { createApp } from '../../app.ts';
import { openGithub } from '../../auth/open-github.ts';
import { query } from '../../store/database.ts';

let database: TestDatabase;
let github: TestGitHub;
let context: TestContext;
let api: ReturnType<typeof door>;

beforeAll(async () => {
  [database, github] = await Promise.all([openTestDatabase(), openTestGitHub()]);
});
beforeEach(async () => {
  await database.setNow(null);
  github.away(false);
  context = testContext({ db: database.db, github: github.client });
  api = door(createApp(context));
});
afterAll(() => Promise.all([database.close(), github.close()]));

const refresh = (refreshToken: string) => api.post('/api/auth/refresh', { refreshToken });
const logout = (refreshToken: string) => api.post('/api/auth/logout', { refreshToken });

const STATE = 'random, and kept by the app';

describe('GET /auth/github/authorize', () => {
  const ask = (changes: Record<string, string> = {}) => {
    const { codeChallenge } = pkce();
    const query = { redirectUri: 'https://phone.test/back', state: STATE, codeChallenge, ...changes };
    return api.get(`/auth/github/authorize?${new URLSearchParams(query)}`);
  };

  it('sends the user to GitHub with the state and the challenge', async () => {
    const { status, headers } = await ask({ login: 'demo' });
    expect(status).toBe(302);
    const url = new URL(headers.get('location') ?? '');
    expect(`${url.origin}${url.pathname}`).toBe('http://github.local/login/oauth/authorize');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: 'test-client',
      redirect_uri: 'https://phone.test/back',
      state: STATE,
      code_challenge: pkce().codeChallenge,
      code_challenge_method: 'S256',
      login: 'demo',
    });
  });

  it('takes an address of an app and suggests no account unless asked', async () => {
    const { status, headers } = await ask({ redirectUri: 'cadence://signed-in', state: crypto.randomUUID() });
    expect(status).toBe(302);
    expect(headers.get('location')).not.toContain('login=');
  });

  it.each([
    ['redirectUri', 'nowhere'],
    ['redirectUri', 'https://elsewhere.test/back'],
    ['redirectUri', 'https://phone.test/back/'],
    ['state', ''],
    ['state', 'guessable'],
    ['codeChallenge', 'short'],
  ])('refuses a bad %s', async (field, value) => {
    const { status, body } = await ask({ [field]: value });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'validationFailed', errors: [{ field: `query.${field}` }] });
  });

  it('refuses the state of another sign-in, and lets one begin again', async () => {
    const state = crypto.randomUUID();
    expect((await ask({ state })).status).toBe(302);
    expect((await ask({ state })).status).toBe(302);
    const { body } = await ask({ state, codeChallenge: 'c'.repeat(43) });
    expect(body).toMatchObject({ code: 'validationFailed', errors: [{ field: 'query.state' }] });
  });
});

describe('POST /auth/github', () => {
  it('signs a user in and gives tokens that work', async () => {
    const { status, body, headers } = await api.post('/api/auth/github', await approvedCode(api, github));
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({ tokenType: 'Bearer', expiresIn: 900, user: { login: 'demo' } });
    expect(body.user.id).toMatch(/^user_[0-9a-z]{26}$/);
    const me = await api.get('/api/auth/me', { token: body.accessToken });
    expect(me.body).toEqual(body.user);
  });

  it('remembers what signed in', async () => {
    const headers = { 'user-agent': `Cadence/1.0 (iPhone) ${'x'.repeat(300)}` };
    const { body } = await api.post('/auth/github', await approvedCode(api, github), { headers });
    const { data } = (await api.get('/sessions', { token: body.accessToken })).body;
    expect(data[0].userAgent).toMatch(/^Cadence\/1\.0 \(iPhone\) x+$/);
    expect(data[0].userAgent).toHaveLength(200);
  });

  it('knows a user again', async () => {
    const first = await signInAs(api, github, 'octo');
    const second = await signInAs(api, github, 'octo');
    expect(second.user.id).toBe(first.user.id);
    expect(second.refreshToken).not.toBe(first.refreshToken);
  });

  it('keeps the GitHub token sealed for its row, and only there', async () => {
    const { user } = await signInAs(api, github);
    const [row] = await query<{ sealed: string }>(
      database.db,
      sql`SELECT sealed_github_token AS sealed FROM users WHERE id = ${user.id}`,
    );
    expect(row?.sealed).toMatch(/^v1\./);
    const door = { ...context, encryptionKeys: context.settings.encryptionKeys };
    expect(await openGithub(door, user.id)).toMatchObject({ kind: 'open' });
    const other = await signInAs(api, github, 'octo');
    await database.db.execute(
      sql`UPDATE users SET sealed_github_token = ${row?.sealed} WHERE id = ${other.user.id}`,
    );
    expect(await openGithub(door, other.user.id)).toEqual({
      kind: 'lost',
    });
  });

  it('forgets sessions of the user that are long over', async () => {
    const { user } = await signInAs(api, github);
    await database.db.execute(
      sql`UPDATE sessions SET expires_at = engine_now() - interval '1 second' WHERE user_id = ${user.id}`,
    );
    await signInAs(api, github);
    const [row] = await query<{ left: number }>(
      database.db,
      sql`SELECT count(*)::int AS left FROM sessions WHERE user_id = ${user.id}`,
    );
    expect(row?.left).toBe(1);
  });

  it('refuses a code that GitHub does not know or has seen', async () => {
    const input = await approvedCode(api, github);
    const used = await approvedCode(api, github);
    await api.post('/auth/github', used);
    for (const code of ['unknown', used.code]) {
      const { status, body } = await api.post('/auth/github', { ...input, code });
      expect([status, body.code]).toEqual([400, 'githubCodeRefused']);
    }
    expect(context.lines.join('\n')).not.toContain(used.code);
  });

  it('ends a sign-in once, and only as it began', async () => {
    const input = await approvedCode(api, github);
    const codeOf = async (changes: object) =>
      (await api.post('/auth/github', { ...input, ...changes })).body.code ?? 'signed in';
    expect(await codeOf({ codeVerifier: 'w'.repeat(43) })).toBe('signInUnknown');
    expect(await codeOf({ state: crypto.randomUUID() })).toBe('signInUnknown');
    expect(await codeOf({ redirectUri: 'cadence://signed-in' })).toBe('signInUnknown');
    expect(await codeOf({})).toBe('signed in');
    expect(await codeOf({})).toBe('signInUnknown');
  });

  it('ends one of two at once that show the same', async () => {
    const [input, other] = [await approvedCode(api, github), await approvedCode(api, github)];
    const answers = await Promise.all([
      api.post('/auth/github', input),
      api.post('/auth/github', { ...input, code: other.code }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
  });

  it('gives ten minutes for it', async () => {
    const [input, late] = [await approvedCode(api, github), await approvedCode(api, github)];
    await database.db.execute(
      sql`UPDATE sign_ins SET expires_at = expires_at - interval '9 minutes 30 seconds'`,
    );
    expect((await api.post('/auth/github', input)).status).toBe(200);
    await database.db.execute(sql`UPDATE sign_ins SET expires_at = expires_at - interval '31 seconds'`);
    expect((await api.post('/auth/github', late)).body.code).toBe('signInUnknown');
  });

  it('keeps nothing of a state but its hash', async () => {
    const { state } = await approvedCode(api, github);
    const rows = await query<{ row: string }>(database.db, sql`SELECT sign_ins::text AS row FROM sign_ins`);
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(state);
  });

  it('says so when GitHub is away, and when to come back', async () => {
    const input = await approvedCode(api, github);
    github.away(true);
    const { status, body, headers } = await api.post('/auth/github', input);
    expect(status).toBe(503);
    expect(body.code).toBe('githubUnavailable');
    expect(headers.get('retry-after')).toBe('5');
  });

  it.each([
    [{}, ['body.state', 'body.code', 'body.codeVerifier', 'body.redirectUri']],
    [
      { state: STATE, code: 'a', codeVerifier: 'short', redirectUri: 'https://a.test' },
      ['body.codeVerifier'],
    ],
    [
      { state: STATE, code: 'a', codeVerifier: 'v'.repeat(43), redirectUri: 'https://a.test', admin: true },
      ['body.admin'],
    ],
  ])('names what is wrong with %j', async (body, fields) => {
    const answer = await api.post('/auth/github', body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map(({ field }: { field: string }) => field)).toEqual(fields);
  });
});

describe('POST /auth/refresh', () => {
  it('gives the next pair, good for the same user', async () => {
    const first = await signInAs(api, github);
    const { status, body } = await refresh(first.refreshToken);
    expect(status).toBe(200);
    expect(body.refreshToken).not.toBe(first.refreshToken);
    expect((await api.get('/auth/me', { token: body.accessToken })).body).toEqual(first.user);
    expect((await refresh(body.refreshToken)).status).toBe(200);
  });

  it('gives 24 requests with one token one successor', async () => {
    const { refreshToken } = await signInAs(api, github);
    const answers = await Promise.all(Array.from({ length: 24 }, () => refresh(refreshToken)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const successors = new Set(answers.map(({ body }) => body.refreshToken));
    expect(successors.size).toBe(1);
    const [successor] = successors;
    expect((await refresh(successor)).status).toBe(200);
  });

  it('repeats a lost answer for two minutes', async () => {
    const { refreshToken } = await signInAs(api, github);
    await database.setNow(new Date('2026-11-21T12:00:00.000Z'));
    const { body } = await refresh(refreshToken);
    await database.setNow(new Date('2026-11-21T12:01:59.999Z'));
    expect((await refresh(refreshToken)).body.refreshToken).toBe(body.refreshToken);
  });

  it('takes a replay after two minutes for theft and ends the session', async () => {
    const { refreshToken } = await signInAs(api, github);
    await database.setNow(new Date('2026-11-21T12:00:00.000Z'));
    const { body } = await refresh(refreshToken);
    await database.setNow(new Date('2026-11-21T12:02:00.000Z'));
    const replay = await refresh(refreshToken);
    expect(replay.status).toBe(401);
    expect(replay.body.code).toBe('refreshTokenReused');
    expect(context.lines.some((line) => line.includes('"event":"refreshTokenReused"'))).toBe(true);
    await database.setNow(new Date('2026-11-21T12:02:01.000Z'));
    expect((await refresh(body.refreshToken)).body.code).toBe('sessionEnded');
  });

  it('takes a replay for theft at once when the successor has been used', async () => {
    const first = await signInAs(api, github);
    const second = (await refresh(first.refreshToken)).body;
    const third = (await refresh(second.refreshToken)).body;
    expect((await refresh(first.refreshToken)).body.code).toBe('refreshTokenReused');
    expect((await refresh(third.refreshToken)).body.code).toBe('sessionEnded');
    expect((await refresh(first.refreshToken)).body.code).toBe('sessionEnded');
  });

  it('leaves the other sessions of the user alone', async () => {
    const [phone, tablet] = [await signInAs(api, github), await signInAs(api, github)];
    const second = (await refresh(phone.refreshToken)).body;
    await refresh(second.refreshToken);
    expect((await refresh(phone.refreshToken)).status).toBe(401);
    expect((await refresh(tablet.refreshToken)).status).toBe(200);
  });

  it('works for thirty days after the sign-in, however often it is used', async () => {
    await database.setNow(new Date('2026-11-01T00:00:00Z'));
    const first = await signInAs(api, github);
    await database.setNow(new Date('2026-11-30T23:59:59Z'));
    const second = await refresh(first.refreshToken);
    expect(second.status).toBe(200);
    await database.setNow(new Date('2026-12-01T00:00:00Z'));
    expect((await refresh(second.body.refreshToken)).body.code).toBe('sessionEnded');
  });

  it('refuses tokens that are not ours without harm to the session', async () => {
    const { refreshToken } = await signInAs(api, github);
    const [sessionId, secret = ''] = refreshToken.split('.');
    const madeUp = `${sessionId}.${secret.replace(/^./, (first: string) => (first === 'A' ? 'B' : 'A'))}`;
    for (const token of [madeUp, 'nonsense', `session_unknown.${secret}`]) {
      const { status, body, headers } = await refresh(token);
      expect(status).toBe(401);
      expect(body.code).toBe('refreshTokenInvalid');
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  it('does not take an access token', async () => {
    const { accessToken } = await signInAs(api, github);
    expect((await refresh(accessToken)).status).toBe(401);
  });

  it('refuses the token of a user who is gone', async () => {
    const { refreshToken, user } = await signInAs(api, github, 'octo');
    await database.db.execute(sql`DELETE FROM users WHERE id = ${user.id}`);
    expect((await refresh(refreshToken)).body.code).toBe('refreshTokenInvalid');
  });

  it('names what is wrong with the body', async () => {
    const { status, body } = await api.post('/auth/refresh', { refreshToken: '', extra: 1 });
    expect(status).toBe(400);
    expect(body.errors.map(({ field }: { field: string }) => field)).toEqual([
      'body.refreshToken',
      'body.extra',
    ]);
  });
});

describe('POST /auth/logout', () => {
  it('ends the session, however often it is sent', async () => {
    const { refreshToken } = await signInAs(api, github);
    expect((await logout(refreshToken)).status).toBe(204);
    expect((await logout(refreshToken)).status).toBe(204);
    expect((await refresh(refreshToken)).body.code).toBe('sessionEnded');
  });

  it('works with a token that was replaced since', async () => {
    const first = await signInAs(api, github);
    const { body } = await refresh(first.refreshToken);
    expect((await logout(first.refreshToken)).status).toBe(204);
    expect((await refresh(body.refreshToken)).body.code).toBe('sessionEnded');
  });

  it('changes nothing for strangers and says nothing', async () => {
    const { refreshToken } = await signInAs(api, github);
    const [sessionId] = refreshToken.split('.');
    expect((await logout(`${sessionId}.${'A'.repeat(64)}`)).status).toBe(204);
    expect((await logout('nonsense')).status).toBe(204);
    expect((await refresh(refreshToken)).status).toBe(200);
  });
});

describe('GET /auth/me', () => {
  it('needs a token', async () => {
    const { status, body, headers } = await api.get('/auth/me');
    expect(status).toBe(401);
    expect(body.code).toBe('accessTokenMissing');
    expect(headers.get('www-authenticate')).toBe('Bearer realm="cadence"');
  });

  it('refuses the token of a user who is gone', async () => {
    const { accessToken, user } = await signInAs(api, github, 'octo');
    await database.db.execute(sql`DELETE FROM users WHERE id = ${user.id}`);
    const { status, body } = await api.get('/auth/me', { token: accessToken });
    expect(status).toBe(401);
    expect(body.code).toBe('sessionEnded');
  });
});
