import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import { tidy } from '../domain/maintenance/tidy.ts';

const { cloud, api, token, stranger } = await openApi();
const DAY_MS = 86_400_000;

let used = 0;
const newKey = () => `key-${++used}`;

const create = (key: string, body: unknown = { name: 'One' }, by = token) =>
  api.post('/agents', body, { token: by, headers: { 'idempotency-key': key } });

const rows = async () => {
  const { rows } = await cloud.db.execute<{ sealed_answer: string | null; attempt: number }>(
    sql`SELECT sealed_answer, attempt FROM idempotency_keys`,
  );
  return rows;
};

afterEach(async () => {
  await cloud.setNow(null);
  await cloud.db.execute(sql`DELETE FROM idempotency_keys`);
});

describe('a POST with an Idempotency-Key', () => {
  it('is carried out once and answered the same each time', async () => {
    const key = newKey();
    const first = await create(key, { name: 'One', prompt: 'Say hello' });
    const again = await create(key, { name: 'One', prompt: 'Say hello' });
    expect(first.status).toBe(201);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    for (const name of ['content-type', 'location']) {
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    }
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
  });

  it('is the same at each of the three spellings of its address', async () => {
    const key = newKey();
    const options = { token, headers: { 'idempotency-key': key } };
    const first = await api.post('/api/agents', { name: 'Spelt' }, options);
    const again = await api.post('/api/v1/agents', { name: 'Spelt' }, options);
    expect(again.body.id).toBe(first.body.id);
  });

  it('is refused when the key comes with another body or address', async () => {
    const key = newKey();
    const { body: agent } = await create(key);
    const other = await create(key, { name: 'Two' });
    expect(other.status).toBe(422);
    expect(other.body.code).toBe('idempotencyKeyReused');
    const elsewhere = await api.post(
      `/agents/${agent.id}/fork`,
      { name: 'One' },
      { token, headers: { 'idempotency-key': key } },
    );
    expect(elsewhere.body.code).toBe('idempotencyKeyReused');
  });

  it('knows nothing of the keys of others', async () => {
    const key = newKey();
    const { body: mine } = await create(key);
    const { status, body: theirs } = await create(key, { name: 'One' }, stranger);
    expect(status).toBe(201);
    expect(theirs.id).not.toBe(mine.id);
  });

  it('keeps what it answers sealed', async () => {
    await create(newKey(), { name: 'A telling name' });
    expect((await rows()).map(({ sealed_answer }) => sealed_answer)).toEqual([
      expect.stringMatching(/^v1\.[0-9a-f]{8}\.[\w-]+$/),
    ]);
  });

  it('is told to wait while the first one is under way', async () => {
    const key = newKey();
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'github') await held;
      return send();
    };
    const body = { name: 'Slow', repository: 'demo/todo-api' };
    const first = create(key, body);
    await expect.poll(rows).toHaveLength(1);
    const second = await create(key, body);
    expect(second.status).toBe(409);
    expect(second.body.code).toBe('idempotencyConflict');
    expect(second.headers.get('retry-after')).toBe('2');
    letGo();
    const { body: agent } = await first;
    expect((await create(key, body)).body.id).toBe(agent.id);
  });

  it('keeps a refusal that came of what it found', async () => {
    const key = newKey();
    const knock = () =>
      api.post('/agents/agent_none/messages', { text: 'Hi' }, { token, headers: { 'idempotency-key': key } });
    expect((await knock()).status).toBe(404);
    const again = await knock();
    expect(again.status).toBe(404);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it('leaves its key unused when it was not taken up', async () => {
    const key = newKey();
    expect((await create(key, { name: 7 })).status).toBe(400);
    expect(await rows()).toEqual([]);
    expect((await create(key, { name: 'Seven' })).status).toBe(201);
  });

  it('may be sent again at once after a failure', async () => {
    const key = newKey();
    const body = { name: 'Unlucky', repository: 'demo/todo-api' };
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'github') throw new TypeError('GitHub is away');
      return send();
    };
    expect((await create(key, body)).status).toBe(503);
    cloud.fetches.intercept = (_service, _request, send) => send();
    const { status, headers } = await create(key, body);
    expect(status).toBe(201);
    expect(headers.get('idempotency-replayed')).toBeNull();
    expect(await rows()).toMatchObject([{ attempt: 2 }]);
  });

  it('is forgotten after a day, and then it is another request', async () => {
    const key = newKey();
    const { body: first } = await create(key);
    const later = new Date(Date.now() + DAY_MS + 60_000);
    await cloud.setNow(later);
    const { body: second } = await create(key, { name: 'Two' });
    expect(second.id).not.toBe(first.id);
    await tidy(cloud.context);
    expect(await rows()).toHaveLength(1);
    await cloud.setNow(new Date(later.getTime() + DAY_MS));
    await tidy(cloud.context);
    expect(await rows()).toEqual([]);
  });

  it.each(['', ' ', 'two words', 'naïve', 'x'.repeat(256), 'a,\tb'])('refuses the key %j', async (key) => {
    const { status, body } = await create(key);
    expect(status).toBe(400);
    expect(body.errors).toEqual([{ field: 'header.idempotency-key', message: expect.any(String) }]);
  });

  it('takes any visible key of up to 255 characters', async () => {
    expect((await create('"~!'.padEnd(255, 'x'))).status).toBe(201);
  });
});

it('a GET does not look at the header', async () => {
  const { status } = await api.get('/agents', { token, headers: { 'idempotency-key': 'two words' } });
  expect(status).toBe(200);
  expect(await rows()).toEqual([]);
});
