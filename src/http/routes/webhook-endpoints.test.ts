import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openReceiver, URL_OF_RECEIVER, verify } from '../../../test/support/receiver.ts';

const { cloud, api, token, userId, receiver, makeEndpoint, sendTest, endpointOf, deliverHints, hint, last } =
  await openReceiver();
const organisationId = userId.replace('user_', 'org_');

describe('a signature', () => {
  it('is one that the Standard Webhooks package accepts, and none that was forged is', async () => {
    const { id, secret } = await makeEndpoint();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const deliveryId = await sendTest(id);
    expect(await deliverHints()).toEqual(['delivered']);
    const sent = last();
    expect(sent.id).toBe(deliveryId);
    expect(verify(secret, sent)).toMatchObject({
      type: 'webhook.test',
      data: { organisationId, webhookEndpointId: id },
    });
    const { secret: other } = await makeEndpoint();
    expect(() => verify(other, sent)).toThrow();
    const forged = (change: Partial<typeof sent>, headers: Record<string, string> = {}) => ({
      ...sent,
      ...change,
      headers: { ...sent.headers, ...headers },
    });
    const past = String(Number(sent.headers['webhook-timestamp']) - 600);
    for (const request of [
      forged({ body: sent.body.replace('webhook.test', 'run.completed') }),
      forged({}, { 'webhook-id': 'delivery_other' }),
      forged({}, { 'webhook-timestamp': past }),
      forged({}, { 'webhook-signature': 'v1,AAAA' }),
      forged({}, { 'webhook-signature': `v2,${sent.headers['webhook-signature']?.slice(3)}` }),
    ]) {
      expect(() => verify(secret, request)).toThrow();
    }
  });

  it('is made with the old secrets too, for a day after each was replaced', async () => {
    const { id, secret } = await makeEndpoint();
    const rotate = async () =>
      (await api.post(`/webhook-endpoints/${id}/rotate-secret`, undefined, { token })).body.secret;
    const second: string = await rotate();
    expect(second).not.toBe(secret);
    await sendTest(id);
    await deliverHints();
    expect(last().headers['webhook-signature']?.split(' ')).toHaveLength(2);
    for (const known of [secret, second]) verify(known, last());

    const third: string = await rotate();
    await sendTest(id);
    await deliverHints();
    for (const known of [secret, second, third]) verify(known, last());

    await cloud.db.execute(
      sql`UPDATE webhook_endpoints SET old_secrets = jsonb_set(old_secrets, '{1,until}', '"2026-01-01T00:00:00.000Z"')`,
    );
    await sendTest(id);
    await deliverHints();
    for (const known of [second, third]) verify(known, last());
    expect(() => verify(secret, last())).toThrow();
  });

  it('is not made with a secret that can be read in the database', async () => {
    const { id, secret } = await makeEndpoint();
    await api.post(`/webhook-endpoints/${id}/rotate-secret`, undefined, { token });
    const { rows } = await cloud.db.execute(
      sql`SELECT row_to_json(w)::text AS text FROM webhook_endpoints w`,
    );
    expect(String(rows[0]?.text)).not.toContain(secret.slice(6));
    expect(await endpointOf(id)).not.toHaveProperty('secret');
  });
});

describe('an endpoint', () => {
  it('that answers 410 is disabled, and nothing is sent to it until it is enabled', async () => {
    const { id } = await makeEndpoint();
    receiver.answer = () => new Response(null, { status: 410 });
    const first = await sendTest(id);
    await sendTest(id);
    expect(await hint(first, 1)).toBe('failed');
    expect(await deliverHints()).toEqual(['failed']);
    expect(receiver.received).toHaveLength(1);
    expect(await endpointOf(id)).toMatchObject({ disabled: true, disabledReason: 'gone' });
    for (const path of ['test', `deliveries/${first}/redeliver`]) {
      const { status, body } = await api.post(`/webhook-endpoints/${id}/${path}`, undefined, { token });
      expect([status, body.code]).toEqual([409, 'webhookDisabled']);
    }
    const { body: audit } = await api.get('/audit-log?limit=100', { token });
    expect(audit.data).toContainEqual(
      expect.objectContaining({
        userId: 'system',
        object: { webhookEndpointId: id, reason: 'gone' },
        status: 410,
      }),
    );
    expect((await api.get('/audit-log/verification', { token })).body.firstAltered).toBeNull();
  });

  it('that has only failed for five days is disabled', async () => {
    const { id } = await makeEndpoint();
    receiver.answer = () => new Response(null, { status: 503 });
    await sendTest(id);
    await deliverHints();
    expect(await endpointOf(id)).toMatchObject({ disabled: false });
    await cloud.db.execute(
      sql`UPDATE webhook_endpoints SET failing_since = engine_now() - interval '121 hours'`,
    );
    await deliverHints();
    expect(await endpointOf(id)).toMatchObject({ disabled: true, disabledReason: 'failing' });
  });

  it.each([
    'http://hooks.receiver.dev/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://0x7f.1/',
    'https://localhost/',
    'https://metadata.google.internal/',
    'https://10.0.0.1.nip.io/',
    'https://user:secret@hooks.receiver.dev/',
    'https://hooks.receiver.dev:8443/',
    'nonsense',
  ])('is not at %s', async (url) => {
    const { id } = await makeEndpoint();
    for (const { status, body } of [
      await api.post('/webhook-endpoints', { url }, { token }),
      await api.patch(`/webhook-endpoints/${id}`, { url }, { token }),
    ]) {
      expect([status, body.errors[0].field]).toEqual([400, 'body.url']);
    }
  });

  it('is changed, listed and removed, and there are twenty at most', async () => {
    const { id } = await makeEndpoint({ description: 'For the team' });
    const changes = {
      url: 'https://other.receiver.dev/',
      events: ['run.failed', 'run.failed'],
      description: null,
    };
    const { body } = await api.patch(`/webhook-endpoints/${id}`, changes, { token });
    expect(body).toMatchObject({ ...changes, events: ['run.failed'] });
    for (let made = 1; made < 20; made++) await makeEndpoint();
    const full = await api.post('/webhook-endpoints', { url: URL_OF_RECEIVER }, { token });
    expect([full.status, full.body.code]).toEqual([409, 'webhooksFull']);
    const page = await api.get('/webhook-endpoints?limit=19', { token });
    const rest = await api.get(`/webhook-endpoints?cursor=${page.body.nextCursor}`, { token });
    expect(rest.body).toEqual({ data: [body], nextCursor: null });
    expect((await api.delete(`/webhook-endpoints/${id}`, { token })).status).toBe(204);
    expect((await api.get(`/webhook-endpoints/${id}`, { token })).status).toBe(404);
  });

  it('is told only of events that there are', async () => {
    for (const events of [[], ['run.exploded'], 'run.failed']) {
      const { status } = await api.post('/webhook-endpoints', { url: URL_OF_RECEIVER, events }, { token });
      expect(status).toBe(400);
    }
  });

  it('is made once under an Idempotency-Key', async () => {
    const options = { token, headers: { 'idempotency-key': 'endpoint-1' } };
    const first = await api.post('/webhook-endpoints', { url: URL_OF_RECEIVER }, options);
    const second = await api.post('/webhook-endpoints', { url: URL_OF_RECEIVER }, options);
    expect(second.body).toEqual(first.body);
  });
});
