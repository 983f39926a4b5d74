import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { query } from '../../store/database.ts';

const { cloud, api, token, stranger, userId } = await openApi();
const { db } = cloud;
const personal = userId.replace('user_', 'org_');

async function make(scopes: string[] = ['read'], more: object = {}) {
  const { status, body, headers } = await api.post('/api-keys', { name: 'CI', scopes, ...more }, { token });
  expect(status).toBe(201);
  expect(headers.get('location')).toBe(`/api/v1/api-keys/${body.id}`);
  return { id: String(body.id), key: String(body.key), body };
}
const codeOf = async (key: string, path = '/agents') => {
  const { status, body } = await api.get(path, { token: key });
  return status === 200 ? 200 : body.code;
};

describe('POST /api-keys', () => {
  it('shows the key once and keeps its hash', async () => {
    const { id, key, body } = await make(['read', 'write', 'read']);
    expect(key).toMatch(/^cad_[0-9A-Za-z]{10}_[0-9A-Za-z]{42}$/);
    expect(body).toMatchObject({
      name: 'CI',
      scopes: ['read', 'write'],
      userId,
      lastUsedAt: null,
      expiresAt: null,
    });
    const { key: _, ...rest } = body;
    expect((await api.get(`/api-keys/${id}`, { token })).body).toEqual(rest);
    const [row] = await query<{ row: string }>(
      db,
      sql`SELECT api_keys::text AS row FROM api_keys WHERE id = ${id}`,
    );
    expect(row?.row).not.toContain(key.slice(15));
  });

  it('refuses scopes that nobody hands to a program, none at all, and a time that has passed', async () => {
    const fieldOf = async (body: object) =>
      (await api.post('/api-keys', { name: 'CI', scopes: ['read'], ...body }, { token })).body.errors?.[0]
        ?.field;
    expect(await fieldOf({ scopes: ['own'] })).toBe('body.scopes.0');
    expect(await fieldOf({ scopes: ['account'] })).toBe('body.scopes.0');
    expect(await fieldOf({ scopes: [] })).toBe('body.scopes');
    expect(await fieldOf({ name: ' ' })).toBe('body.name');
    expect(await fieldOf({ expiresAt: '2020-01-01T00:00:00Z' })).toBe('body.expiresAt');
    expect(await fieldOf({ expiresAt: 'tomorrow' })).toBe('body.expiresAt');
    expect(await fieldOf({ userId: 'user_else' })).toBe('body.userId');
    expect(await fieldOf({ prefix: 'x', hash: 'x' })).toBe('body.prefix');
  });

  it('is repeated under an Idempotency-Key, by whoever sent it alone', async () => {
    const headers = { 'idempotency-key': 'make-one' };
    const body = { name: 'CI', scopes: ['manage'] };
    const first = await api.post('/api-keys', body, { token, headers });
    const again = await api.post('/api-keys', body, { token, headers });
    expect([again.status, again.body]).toEqual([201, first.body]);
    const { status } = await api.post('/api-keys', body, { token: first.body.key, headers });
    expect(status).toBe(403);
  });

  it('is not for keys', async () => {
    const { key } = await make(['manage']);
    const { status, body } = await api.post('/api-keys', { name: 'x', scopes: ['read'] }, { token: key });
    expect([status, body.code]).toEqual([403, 'permissionMissing']);
    expect(await codeOf(key, '/api-keys')).toBe(200);
  });

  it('lets a try that died before anybody saw its key make another', async () => {
    let lost = 0;
    cloud.fetches.intercept = async (service, request, send) => {
      const isInsert = service === 'neon' && (await request.clone().text()).includes('INSERT INTO api_keys');
      const response = await send();
      if (!isInsert || lost++ > 0) return response;
      throw new TypeError('the answer was lost');
    };
    const request = { token, headers: { 'idempotency-key': 'make-two' } };
    const ask = () => api.post('/api-keys', { name: 'Lost', scopes: ['read'] }, request);
    expect((await ask()).status).toBe(503);
    const { status, body } = await ask();
    expect(status).toBe(201);
    expect(await codeOf(body.key)).toBe(200);
    const { data } = (await api.get('/api-keys?limit=100', { token })).body;
    expect(data.filter(({ name }: { name: string }) => name === 'Lost')).toHaveLength(1);
  });
});

describe('a key', () => {
  it('may do what its scopes say, for its organisation as its maker', async () => {
    const { key: reader } = await make(['read']);
    const { key: writer } = await make(['write']);
    expect((await api.post('/agents', {}, { token: reader })).body.code).toBe('permissionMissing');
    const { status, body } = await api.post('/agents', { name: 'Made by a key' }, { token: writer });
    expect(status).toBe(201);
    expect(await codeOf(writer)).toBe('permissionMissing');
    expect(await codeOf(reader, `/agents/${body.id}`)).toBe(200);
    expect(await codeOf(reader, '/me')).toBe('permissionMissing');
    expect(await codeOf(reader, '/api-keys')).toBe('permissionMissing');
  });

  it('does not act for another organisation of its maker', async () => {
    await db.execute(sql`INSERT INTO organisations (id, name) VALUES ('org_two', 'Two')`);
    await db.execute(
      sql`INSERT INTO members (organisation_id, user_id, role) VALUES ('org_two', ${userId}, 'owner')`,
    );
    const { key } = await make();
    const actFor = async (organisation: string) =>
      (await api.get('/agents', { token: key, headers: { 'cadence-organisation': organisation } })).status;
    expect(await actFor(personal)).toBe(200);
    expect(await actFor('org_two')).toBe(404);
  });

  it('has no more than the present role of its maker, and ends for good when they leave', async () => {
    const headers = { 'cadence-organisation': 'org_two' };
    const { body } = await api.post(
      '/api-keys',
      { name: 'x', scopes: ['read', 'write'] },
      { token, headers },
    );
    const write = async () => (await api.post('/agents', {}, { token: body.key })).status;
    const setRole = (role: string) =>
      db.execute(sql`UPDATE members SET role = ${role} WHERE organisation_id = 'org_two'`);
    expect(await write()).toBe(201);
    await setRole('viewer');
    expect([await write(), await codeOf(body.key)]).toEqual([403, 200]);
    await db.execute(sql`DELETE FROM members WHERE organisation_id = 'org_two'`);
    expect(await codeOf(body.key)).toBe('apiKeyInvalid');
    await db.execute(
      sql`INSERT INTO members (organisation_id, user_id, role) VALUES ('org_two', ${userId}, 'owner')`,
    );
    expect(await codeOf(body.key)).toBe('apiKeyInvalid');
  });

  it('says when it was last used, to the minute', async () => {
    const { id, key } = await make();
    const lastUsed = async () => (await api.get(`/api-keys/${id}`, { token })).body.lastUsedAt;
    await codeOf(key);
    const first = await lastUsed();
    expect(first).not.toBeNull();
    await codeOf(key);
    expect(await lastUsed()).toBe(first);
    await db.execute(
      sql`UPDATE api_keys SET last_used_at = last_used_at - interval '61 seconds' WHERE id = ${id}`,
    );
    await codeOf(key);
    expect((await lastUsed()) >= first).toBe(true);
  });

  it('ends when it expires', async () => {
    const { id, key } = await make(['read'], { expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await codeOf(key)).toBe(200);
    await db.execute(sql`UPDATE api_keys SET expires_at = engine_now() WHERE id = ${id}`);
    expect(await codeOf(key)).toBe('apiKeyInvalid');
  });

  it('is refused with anything altered, also with the right prefix of another', async () => {
    const { key } = await make();
    const { key: other } = await make();
    const [, prefix] = key.split('_');
    const swapped = other.replace(/_\w{10}_/, `_${prefix}_`);
    for (const broken of ['cad_', `${key}x`, key.slice(0, -1), key.toLowerCase(), swapped]) {
      expect(await codeOf(broken)).toBe('apiKeyInvalid');
    }
  });
});

describe('DELETE /api-keys/:id', () => {
  it('revokes a key at once, and its open stream with it', async () => {
    const { id, key } = await make();
    const { body: agent } = await api.post('/agents', { name: 'Followed' }, { token });
    const response = await cloud.app.request(`/agents/${agent.id}/events`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const text = response.text();
    // The follower has subscribed and looked.
    await new Promise((resolve) => setTimeout(resolve, 400));
    const startedAt = Date.now();
    expect((await api.delete(`/api-keys/${id}`, { token })).status).toBe(204);
    expect(await text).toContain('event: auth.expired');
    expect(Date.now() - startedAt).toBeLessThan(1_500);
    expect(await codeOf(key)).toBe('apiKeyInvalid');
    expect((await api.get(`/api-keys/${id}`, { token })).status).toBe(404);
    expect((await api.delete(`/api-keys/${id}`, { token })).status).toBe(404);
  });

  it('knows no key of another organisation, nor does any other question', async () => {
    const { id } = await make();
    expect((await api.delete(`/api-keys/${id}`, { token: stranger })).status).toBe(404);
    expect((await api.get(`/api-keys/${id}`, { token: stranger })).status).toBe(404);
    expect((await api.get('/api-keys', { token: stranger })).body.data).toEqual([]);
    expect((await api.get(`/api-keys/${id}`, { token })).status).toBe(200);
  });

  it('is not for viewers and members', async () => {
    const { id } = await make();
    await db.execute(sql`UPDATE members SET role = 'member' WHERE organisation_id = ${personal}`);
    const codes = [
      await codeOf(token, '/api-keys'),
      (await api.delete(`/api-keys/${id}`, { token })).body.code,
      (await api.post('/api-keys', { name: 'x', scopes: ['read'] }, { token })).body.code,
    ];
    await db.execute(sql`UPDATE members SET role = 'owner' WHERE organisation_id = ${personal}`);
    expect(codes).toEqual(['permissionMissing', 'permissionMissing', 'permissionMissing']);
  });
});

it('pages through keys, newest first', async () => {
  const ids = [(await make()).id, (await make()).id, (await make()).id].reverse();
  const first = (await api.get('/api-keys?limit=2', { token })).body;
  const second = (await api.get(`/api-keys?limit=1&cursor=${first.nextCursor}`, { token })).body;
  expect([...first.data, ...second.data].map(({ id }: { id: string }) => id)).toEqual(ids);
});
