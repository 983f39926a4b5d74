import { sql } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliver, deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { isModeNamed } from '../../../test/support/mode.ts';
import { sweep } from '../../engine/sweep.ts';

const CALLBACK = '/api/v1/callbacks/webhook';
const URL_OF_RECEIVER = 'https://hooks.receiver.dev/cadence';

interface Received {
  id: string;
  body: string;
  headers: Record<string, string>;
}

let received: Received[] = [];
let answer: (request: Request) => Response | Promise<Response>;

const { cloud, api, token, stranger, userId } = await openApi({
  others: {
    receiver: {
      origin: 'https://hooks.receiver.dev',
      async handle(request) {
        const headers = Object.fromEntries(request.headers);
        received.push({ id: headers['webhook-id'] ?? '', body: await request.clone().text(), headers });
        return answer(request);
      },
    },
  },
});
const organisationId = userId.replace('user_', 'org_');

beforeEach(async () => {
  received = [];
  answer = () => new Response(null, { status: 204 });
  await cloud.db.execute(sql`DELETE FROM webhook_endpoints`);
});

async function makeEndpoint(input: object = {}): Promise<{ id: string; secret: string }> {
  const { status, body } = await api.post(
    '/webhook-endpoints',
    { url: URL_OF_RECEIVER, ...input },
    { token },
  );
  expect(status).toBe(201);
  return body;
}

async function sendTest(endpointId: string): Promise<string> {
  const { status, body } = await api.post(`/webhook-endpoints/${endpointId}/test`, undefined, { token });
  expect([status, body.state, body.type]).toEqual([202, 'pending', 'webhook.test']);
  return body.id;
}

async function runSomething(prompt = 'What can you do?'): Promise<{ agentId: string; runId: string }> {
  const { body } = await api.post('/agents', { prompt }, { token });
  await deliverUntilRest(cloud, body.activeRun.id);
  return { agentId: body.id, runId: body.activeRun.id };
}

const logOf = async (endpointId: string) =>
  (await api.get(`/webhook-endpoints/${endpointId}/deliveries?limit=100`, { token })).body.data;
const endpointOf = async (endpointId: string) =>
  (await api.get(`/webhook-endpoints/${endpointId}`, { token })).body;

/** Hands over every hint that the queue would, whatever its delay, and gives what came of each. */
async function deliverHints(): Promise<string[]> {
  const { rows } = await cloud.db.execute<{ id: string; try_no: number }>(
    sql`SELECT id, try_no FROM webhook_deliveries WHERE state = 'pending' ORDER BY created_at, seq`,
  );
  const outcomes: string[] = [];
  for (const { id, try_no } of rows) outcomes.push(await hint(id, try_no));
  return outcomes;
}

async function hint(deliveryId: string, tryNo: number): Promise<string> {
  const response = await deliver(cloud, CALLBACK, { deliveryId, tryNo });
  expect(response.status).toBe(200);
  const body: { outcome: string } = JSON.parse(await response.text());
  return body.outcome;
}

/** Throws what the official package throws. */
const verify = (secret: string, { body, headers }: Received) => new Webhook(secret).verify(body, headers);
const last = () => {
  const request = received.at(-1);
  if (!request) throw new Error('nothing was received');
  return request;
};

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
    const forged = (change: Partial<Received>, headers: Record<string, string> = {}) => ({
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

describe('events of a run', () => {
  it('arrive as its stream has them, each once, those that the endpoint wants', async () => {
    const all = await makeEndpoint();
    const some = await makeEndpoint({ events: ['run.completed', 'run.failed'] });
    const { agentId, runId } = await runSomething();
    expect((await logOf(some.id)).map(({ type }: { type: string }) => type)).toEqual(['run.completed']);
    expect(new Set(await deliverHints())).toEqual(new Set(['delivered']));

    const { rows: events } = await cloud.db.execute<{
      seq: number;
      type: string;
      data: object;
      speech: unknown;
    }>(sql`SELECT seq, type, data, speech FROM run_events WHERE run_id = ${runId} ORDER BY seq`);
    const payloads = received
      .filter(({ headers, body }) => headers && body.includes(runId))
      .map(({ body }) => JSON.parse(body));
    expect(payloads).toHaveLength(events.length + 1);
    for (const event of events) {
      expect(payloads).toContainEqual({
        type: event.type,
        timestamp: expect.stringMatching(/Z$/),
        data: { organisationId, agentId, runId, event: { ...event, at: expect.stringMatching(/Z$/) } },
      });
    }
    expect(new Set(received.map(({ id }) => id)).size).toBe(received.length);
    expect((await logOf(all.id)).length).toBe(events.length);
    expect(new Set((await logOf(all.id)).map(({ state }: { state: string }) => state))).toEqual(
      new Set(['delivered']),
    );
  });

  it('from before an endpoint was made, or while it was disabled, do not', async () => {
    await runSomething();
    const { id } = await makeEndpoint();
    await sweep(cloud.context.engine);
    expect(await logOf(id)).toEqual([]);
    await api.patch(`/webhook-endpoints/${id}`, { disabled: true }, { token });
    await runSomething();
    const { body } = await api.patch(`/webhook-endpoints/${id}`, { disabled: false }, { token });
    expect(body).toMatchObject({ disabled: false, disabledReason: null });
    await sweep(cloud.context.engine);
    expect(await logOf(id)).toEqual([]);
  });

  it('of another organisation do not', async () => {
    const { id } = await makeEndpoint();
    const { body } = await api.post('/agents', { prompt: 'What can you do?' }, { token: stranger });
    await deliverUntilRest(cloud, body.activeRun.id);
    await sweep(cloud.context.engine);
    expect(await logOf(id)).toEqual([]);
    for (const path of ['', '/deliveries']) {
      expect((await api.get(`/webhook-endpoints/${id}${path}`, { token: stranger })).status).toBe(404);
    }
  });

  it.skipIf(isModeNamed)(
    'cost who has no endpoint no statement, and who has one a statement a commit',
    async () => {
      const script = scriptOf({ calls: [{ name: 'search_code', input: { pattern: '{n}' } }], repeat: 3 });
      const statements = async () => {
        const since = cloud.fetches.log.length;
        await runSomething(script);
        return cloud.fetches.log.slice(since).filter(({ service }) => service === 'neon').length;
      };
      await statements();
      const without = await statements();
      await makeEndpoint({ events: ['run.failed'] });
      // The claim and four steps.
      expect((await statements()) - without).toBeLessThanOrEqual(5);
    },
  );

  it('are found by the sweeper when the queue did not take them', async () => {
    const { id } = await makeEndpoint({ events: ['run.completed'] });
    cloud.fetches.intercept = (service, request, send) => {
      if (service === 'qstash' && request.url.endsWith('/v2/batch')) throw new TypeError('the queue is away');
      return send();
    };
    await runSomething();
    cloud.fetches.intercept = (_service, _request, send) => send();
    expect(await logOf(id)).toMatchObject([{ state: 'pending', attempts: 0 }]);
    await cloud.db.execute(sql`UPDATE webhook_deliveries SET sweep_after = engine_now()`);
    const since = cloud.fetches.log.length;
    await sweep(cloud.context.engine);
    expect(cloud.fetches.log.slice(since).map(({ path }) => path)).toContain('/v2/batch');
    expect(await deliverHints()).toEqual(['delivered']);
  });

  it('are found by the sweeper when their worker died before it could hand them over', async () => {
    const { id } = await makeEndpoint();
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'neon' && (await request.clone().text()).includes('INSERT INTO webhook_deliveries')) {
        throw new TypeError('the worker is gone');
      }
      return send();
    };
    const { runId } = await runSomething();
    cloud.fetches.intercept = (_service, _request, send) => send();
    expect(await logOf(id)).toEqual([]);
    await sweep(cloud.context.engine);
    const made = await logOf(id);
    expect(made.length).toBeGreaterThan(2);
    // Whoever looks through the same events makes the same deliveries.
    await cloud.db.execute(sql`UPDATE runs SET hooked_seq = 0 WHERE id = ${runId}`);
    await sweep(cloud.context.engine);
    expect(await logOf(id)).toEqual(made);
    await deliverHints();
    expect(received).toHaveLength(made.length);
  });
});

describe('a delivery', () => {
  it('that is handed over twice is sent once', async () => {
    const { id } = await makeEndpoint();
    const deliveryId = await sendTest(id);
    const outcomes = await Promise.all([hint(deliveryId, 1), hint(deliveryId, 1)]);
    expect(outcomes.toSorted()).toEqual(['delivered', 'stale']);
    expect(await hint(deliveryId, 1)).toBe('stale');
    expect(received).toHaveLength(1);
  });

  it('that fails comes again, later and later, under one id, and says so in the log', async () => {
    const { id, secret } = await makeEndpoint();
    answer = () => new Response('no', { status: 500 });
    await sendTest(id);
    const delays: number[] = [];
    for (const _ of [1, 2, 3]) {
      expect(await deliverHints()).toEqual(['pending']);
      const { rows } = await cloud.db.execute<{ s: number }>(
        sql`SELECT round(extract(epoch FROM next_try_at - engine_now()))::int AS s FROM webhook_deliveries`,
      );
      delays.push(Number(rows[0]?.s));
    }
    for (const [at, seconds] of [5, 300, 1800].entries()) {
      expect(delays[at]).toBeGreaterThan(seconds - 5);
      expect(delays[at]).toBeLessThanOrEqual(seconds);
    }
    expect((await endpointOf(id)).failingSince).not.toBeNull();
    answer = () => new Response(null, { status: 200 });
    expect(await deliverHints()).toEqual(['delivered']);
    expect(new Set(received.map((request) => request.id)).size).toBe(1);
    for (const request of received) verify(secret, request);
    const [entry] = await logOf(id);
    expect(entry).toMatchObject({ state: 'delivered', attempts: 4, lastStatus: 200, nextAttemptAt: null });
    expect(entry.tries.map(({ status }: { status: number }) => status)).toEqual([500, 500, 500, 200]);
    expect((await endpointOf(id)).failingSince).toBeNull();
  });

  it('fails for good after three days, and begins anew when it is asked for', async () => {
    const { id } = await makeEndpoint();
    answer = () => Response.error();
    const deliveryId = await sendTest(id);
    const outcomes: string[] = [];
    for (let at = 0; at < 10; at++) outcomes.push(...(await deliverHints()));
    expect(outcomes).toEqual([...Array<string>(9).fill('pending'), 'failed']);
    expect(await deliverHints()).toEqual([]);

    answer = () => new Response(null, { status: 204 });
    const again = await api.post(`/webhook-endpoints/${id}/deliveries/${deliveryId}/redeliver`, undefined, {
      token,
    });
    expect([again.status, again.body.state]).toEqual([202, 'pending']);
    expect(await deliverHints()).toEqual(['delivered']);
    expect(last().id).toBe(deliveryId);
    expect(await logOf(id)).toMatchObject([{ state: 'delivered', attempts: 11 }]);
    const other = await makeEndpoint();
    const foreign = `/webhook-endpoints/${other.id}/deliveries/${deliveryId}/redeliver`;
    expect((await api.post(foreign, undefined, { token })).status).toBe(404);
  });

  it('follows no redirect', async () => {
    const { id } = await makeEndpoint();
    answer = () => new Response(null, { status: 302, headers: { location: 'http://169.254.169.254/' } });
    await sendTest(id);
    expect(await deliverHints()).toEqual(['pending']);
    expect((await logOf(id))[0].tries).toMatchObject([
      { status: 302, error: expect.stringContaining('redirect') },
    ]);
  });

  it('does not go to an address that is not allowed any more', async () => {
    const { id } = await makeEndpoint();
    await sendTest(id);
    await cloud.db.execute(sql`UPDATE webhook_endpoints SET url = 'https://10.0.0.1/'`);
    expect(await deliverHints()).toEqual(['pending']);
    expect((await logOf(id))[0].tries).toMatchObject([
      { status: null, error: expect.stringContaining('IP address') },
    ]);
    expect(received).toEqual([]);
  });

  it('whose worker was lost is sent again, under the same id', async () => {
    const { id } = await makeEndpoint();
    const deliveryId = await sendTest(id);
    await cloud.db.execute(sql`UPDATE webhook_deliveries SET sending = true`);
    expect(await hint(deliveryId, 1)).toBe('stale');
    await cloud.db.execute(sql`UPDATE webhook_deliveries SET sweep_after = engine_now()`);
    await sweep(cloud.context.engine);
    expect(await hint(deliveryId, 1)).toBe('delivered');
  });
});

describe('an endpoint', () => {
  it('that answers 410 is disabled, and nothing is sent to it until it is enabled', async () => {
    const { id } = await makeEndpoint();
    answer = () => new Response(null, { status: 410 });
    const first = await sendTest(id);
    await sendTest(id);
    expect(await hint(first, 1)).toBe('failed');
    expect(await deliverHints()).toEqual(['failed']);
    expect(received).toHaveLength(1);
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
    answer = () => new Response(null, { status: 503 });
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
