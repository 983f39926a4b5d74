import { readdirSync, readFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import { TRACKER_ORIGIN, trackerServer } from '../../test/support/mcp-server.ts';
import { open } from '../crypto/seal.ts';
import { SEALED } from '../crypto/sealed.ts';
import { query } from '../store/database.ts';
import { readSealed } from '../store/reseal.ts';
import { rotateKeys } from './rotate-keys.ts';

const OLD = '0a'.repeat(32);
const NEW = '0b'.repeat(32);
const { cloud, api, token, userId } = await openApi({
  env: { ENCRYPTION_KEY: NEW, ENCRYPTION_OLD_KEYS: `${OLD},` },
  others: { tracker: { origin: TRACKER_ORIGIN, handle: trackerServer().handle } },
  github: { expiringTokens: true },
});
const { db } = cloud;
const back = () => rotateKeys(db, [OLD, NEW]);
const forth = () => rotateKeys(db, [NEW, OLD]);
/** How many texts of a column a key has not sealed: all of them when they are to be rotated, none afterwards. */
const heads = async () => {
  const counts = await Promise.all(
    Object.values(SEALED).map(({ table, column }) =>
      query<{ text: string }>(
        db,
        sql`SELECT ${sql.identifier(column)}::text AS text FROM ${sql.identifier(table)} WHERE ${sql.identifier(column)} IS NOT NULL`,
      ),
    ),
  );
  return new Set(counts.flat().flatMap(({ text }) => text.match(/v1\.[0-9a-f]{8}/g) ?? []));
};
const setKey = (key: string) => api.put('/provider-keys/openai', { key }, { token });
/** All that is sealed, each behind the name of its field, as one key alone opens it. */
async function secrets(key: string): Promise<string[]> {
  const found: string[] = [];
  for (const [field, at] of Object.entries(SEALED)) {
    for (const { ids, sealed } of await readSealed(db, at, { except: 'none', after: undefined })) {
      const [first = '', second = ''] = ids;
      found.push(`${field} ${await open([key], at.place(first, second), sealed)}`);
    }
  }
  return found.toSorted();
}

describe('a change of the key of our seals', () => {
  it('reaches all that is sealed, and each text opens before and after', async () => {
    await setKey('sk-first-key-of-theirs');
    const { body: endpoint } = await api.post(
      '/webhook-endpoints',
      { url: 'https://hooks.example.com/in', events: ['*'] },
      { token, headers: { 'idempotency-key': 'once' } },
    );
    await api.post(`/webhook-endpoints/${endpoint.id}/rotate-secret`, undefined, { token });
    const repeat = () =>
      api.post(
        '/webhook-endpoints',
        { url: 'https://hooks.example.com/in', events: ['*'] },
        { token, headers: { 'idempotency-key': 'once' } },
      );
    const before = await heads();
    expect(before.size).toBe(1);
    const { resealed, unopened } = await back();
    expect([resealed >= 5, unopened]).toEqual([true, []]);
    const between = await heads();
    expect([between.size, between.has([...before][0] ?? '')]).toEqual([1, false]);
    expect((await api.get('/repos', { token })).status).toBe(200);
    expect((await repeat()).body).toEqual(endpoint);
    expect((await forth()).resealed).toBe(resealed);
    expect(await heads()).toEqual(before);
    expect(await forth()).toEqual({ resealed: 0, unopened: [] });
    expect((await repeat()).body).toEqual(endpoint);
  });

  it('reaches every column of the table, each of which has something here, and alters no secret', async () => {
    const headers = { authorization: 'Bearer tracker-secret' };
    const server = { name: 'tracker', url: `${TRACKER_ORIGIN}/mcp`, headers };
    expect((await api.post('/mcp-servers', server, { token })).status).toBe(201);
    const before = await secrets(NEW);
    const fields = new Set(before.map((secret) => secret.split(' ')[0]));
    expect([...fields].toSorted()).toEqual(Object.keys(SEALED).toSorted());
    expect((await back()).resealed).toBe(before.length);
    expect(await secrets(OLD)).toEqual(before);
    await expect(secrets(NEW)).rejects.toThrow('sealed with another key');
    await forth();
    expect(await secrets(NEW)).toEqual(before);
  });

  it('goes on where it was stopped, while requests read and write', async () => {
    await back();
    await expect(
      rotateKeys(db, [NEW, OLD], (_, resealed) => {
        if (resealed > 0) throw new Error('stopped');
      }),
    ).rejects.toThrow('stopped');
    expect((await heads()).size).toBe(2);
    const writes = Array.from({ length: 12 }, (_, n) => setKey(`sk-key-number-${n}-of-theirs`));
    const reads = Array.from({ length: 12 }, () => api.get('/repos', { token }));
    const [{ unopened }, ...answers] = await Promise.all([forth(), ...writes, ...reads]);
    expect([unopened, answers.filter(({ status }) => status >= 300)]).toEqual([[], []]);
    expect((await heads()).size).toBe(1);
    expect((await forth()).resealed).toBe(0);
  });

  it('names what no key opens and leaves it, and does the rest', async () => {
    await back();
    const tampered = 'v1.00000000.AAAA';
    await query(db, sql`UPDATE provider_keys SET sealed_key = ${tampered} WHERE user_id = ${userId}`);
    const { resealed, unopened } = await forth();
    expect(unopened).toEqual([
      { place: `provider_keys/${userId}/openai`, reason: 'sealed with another key' },
    ]);
    expect(resealed).toBeGreaterThan(0);
    const [row] = await query(db, sql`SELECT sealed_key AS key FROM provider_keys`);
    expect(row).toEqual({ key: tampered });
    expect((await api.get('/repos', { token })).status).toBe(200);
  });
});

describe('the table of what is sealed', () => {
  it('has every column named for it', async () => {
    const named = await query<{ at: string }>(
      db,
      sql`SELECT table_name || '.' || column_name AS at FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name LIKE 'sealed%'`,
    );
    const known = Object.values(SEALED).map(({ table, column }) => `${table}.${column}`);
    expect(known).toEqual(expect.arrayContaining(named.map(({ at }) => at)));
    expect(named.length).toBeGreaterThan(3);
  });

  it('is where every use of a seal takes its place from', () => {
    const root = new URL('../', import.meta.url);
    const users = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.startsWith('crypto/'))
      .map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') }))
      .filter(({ text }) => /import .*\bseal\b.*crypto\/seal\.ts/.test(text));
    const without = users.filter(({ text }) => !text.includes('crypto/sealed.ts'));
    expect(without.map(({ path }) => path)).toEqual([]);
    const text = users.map((user) => user.text).join('\n');
    // Old secrets are sealed as what they were before.
    const used = Object.keys(SEALED).filter((field) => text.includes(`SEALED.${field}.place(`));
    expect(used).toEqual(Object.keys(SEALED).filter((field) => field !== 'oldWebhookSecrets'));
  });
});
