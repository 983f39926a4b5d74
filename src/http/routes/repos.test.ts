import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '../../../test/support/context.ts';
import { openTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { door } from '../../../test/support/door.ts';
import { openTestGitHub, type TestGitHub } from '../../../test/support/github.ts';
import { signInAs } from '../../../test/support/sign-in.ts';
import { createApp } from '../../app.ts';
import { sealGithubTokens } from '../../auth/github-token.ts';

let database: TestDatabase;
let github: TestGitHub;
let api: ReturnType<typeof door>;
let token: string;
let userId: string;

const names = (body: { data: { fullName: string }[] }) => body.data.map(({ fullName }) => fullName).sort();

beforeAll(async () => {
  [database, github] = await Promise.all([openTestDatabase(), openTestGitHub()]);
  for (const name of ['one', 'two', 'three']) await github.standIn.addRepository({ owner: 'demo', name });
  await github.standIn.addRepository({ owner: 'octo', name: 'hidden', private: true });
});
beforeEach(async () => {
  github.away(false);
  api = door(createApp(testContext({ db: database.db, github: github.client })));
  const signedIn = await signInAs(api, github);
  token = signedIn.accessToken;
  userId = signedIn.user.id;
});
afterAll(() => Promise.all([database.close(), github.close()]));

describe('GET /repos', () => {
  it('lists what the user can work on', async () => {
    const { status, body, headers } = await api.get('/api/repos', { token });
    expect(status).toBe(200);
    expect(names(body)).toEqual(['demo/one', 'demo/three', 'demo/two']);
    expect(body.nextCursor).toBeNull();
    expect(headers.get('cache-control')).toBe('private, no-cache');
  });

  it('goes on page by page, in the size it began with', async () => {
    const first = await api.get('/repos?limit=2', { token });
    expect(first.body.data).toHaveLength(2);
    const second = await api.get(`/repos?limit=99&cursor=${first.body.nextCursor}`, { token });
    expect(second.body.nextCursor).toBeNull();
    expect(names({ data: [...first.body.data, ...second.body.data] })).toEqual([
      'demo/one',
      'demo/three',
      'demo/two',
    ]);
  });

  it('answers 304 to an ETag that is still good', async () => {
    const { headers } = await api.get('/repos', { token });
    const etag = headers.get('etag') ?? '';
    expect(etag).not.toBe('');
    const again = await api.get('/repos', { token, headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    expect(again.body).toBeNull();
    const other = await api.get('/repos', { token, headers: { 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);
  });

  it.each(['nonsense', 'W10', '%7B', 'WzAsMF0'])('refuses the cursor %s', async (cursor) => {
    const { status, body } = await api.get(`/repos?cursor=${cursor}`, { token });
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ field: 'query.cursor' }]);
  });

  it('asks the user to sign in again when GitHub or the key of our seals has forgotten them', async () => {
    const keys = ['0f'.repeat(32), 'f0'.repeat(32)];
    const revoked = { token: 'gho_revoked', refreshToken: null, expiresInSeconds: null };
    const forgotten = await Promise.all(keys.map((key) => sealGithubTokens(key, userId, revoked)));
    for (const sealed of [...forgotten.map(({ sealedToken }) => sealedToken), null]) {
      await database.db.execute(sql`UPDATE users SET sealed_github_token = ${sealed} WHERE id = ${userId}`);
      const { status, body } = await api.get('/repos', { token });
      expect(status).toBe(403);
      expect(body.code).toBe('githubAccessLost');
    }
  });

  it('says when GitHub is away', async () => {
    github.away(true);
    const { status, body, headers } = await api.get('/repos', { token });
    expect(status).toBe(503);
    expect(body.code).toBe('githubUnavailable');
    expect(headers.get('retry-after')).toBe('5');
  });

  it('is closed to strangers', async () => {
    expect((await api.get('/repos')).status).toBe(401);
    expect((await api.get('/repos', { token: `${token}x` })).body.code).toBe('accessTokenInvalid');
  });
});

describe('GET /repos/:owner/:name/branches', () => {
  it('lists the branches with their commits', async () => {
    const { status, body } = await api.get('/api/repos/demo/one/branches', { token });
    expect(status).toBe(200);
    expect(body).toMatchObject({ nextCursor: null });
    for (const branch of body.data) expect(branch.sha).toMatch(/^[0-9a-f]{40}$/);
  });

  it('does not tell an unknown repository from a foreign one', async () => {
    const unknown = await api.get('/repos/demo/nowhere/branches', { token });
    const foreign = await api.get('/repos/octo/hidden/branches', { token });
    for (const { status, body } of [unknown, foreign]) {
      expect(status).toBe(404);
      expect(body.code).toBe('notFound');
    }
    expect(foreign.body.detail).toBe(unknown.body.detail);
  });

  it.each(['a%20b/one', 'demo/..%2f..', '..%2f/x'])('refuses %s as a name', async (name) => {
    expect((await api.get(`/repos/${name}/branches`, { token })).status).toBe(400);
  });

  it('is closed to strangers', async () => {
    expect((await api.get('/repos/demo/one/branches')).status).toBe(401);
  });
});
