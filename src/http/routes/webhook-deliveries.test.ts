import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { isModeNamed } from '../../../test/support/mode.ts';
import { openReceiver, verify } from '../../../test/support/receiver.ts';
import { sweep } from '../../engine/sweep.ts';

const {
  cloud,
  api,
  token,
  stranger,
  userId,
  receiver,
  makeEndpoint,
  sendTest,
  runSomething,
  logOf,
  endpointOf,
  deliverHints,
  hint,
  last,
} = await openReceiver();
const organisationId = userId.replace('user_', 'org_');

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
    const payloads = receiver.received
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
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(receiver.received.length);
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
    expect(receiver.received).toHaveLength(made.length);
  });
});

describe('a delivery', () => {
  it('that is handed over twice is sent once', async () => {
    const { id } = await makeEndpoint();
    const deliveryId = await sendTest(id);
    const outcomes = await Promise.all([hint(deliveryId, 1), hint(deliveryId, 1)]);
    expect(outcomes.toSorted()).toEqual(['delivered', 'stale']);
    expect(await hint(deliveryId, 1)).toBe('stale');
    expect(receiver.received).toHaveLength(1);
  });

  it('that fails comes again, later and later, under one id, and says so in the log', async () => {
    const { id, secret } = await makeEndpoint();
    receiver.answer = () => new Response('no', { status: 500 });
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
    receiver.answer = () => new Response(null, { status: 200 });
    expect(await deliverHints()).toEqual(['delivered']);
    expect(new Set(receiver.received.map((request) => request.id)).size).toBe(1);
    for (const request of receiver.received) verify(secret, request);
    const [entry] = await logOf(id);
    expect(entry).toMatchObject({ state: 'delivered', attempts: 4, lastStatus: 200, nextAttemptAt: null });
    expect(entry.tries.map(({ status }: { status: number }) => status)).toEqual([500, 500, 500, 200]);
    expect((await endpointOf(id)).failingSince).toBeNull();
  });

  it('fails for good after three days, and begins anew when it is asked for', async () => {
    const { id } = await makeEndpoint();
    receiver.answer = () => Response.error();
    const deliveryId = await sendTest(id);
    const outcomes: string[] = [];
    for (let at = 0; at < 10; at++) outcomes.push(...(await deliverHints()));
    expect(outcomes).toEqual([...Array<string>(9).fill('pending'), 'failed']);
    expect(await deliverHints()).toEqual([]);

    receiver.answer = () => new Response(null, { status: 204 });
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
    receiver.answer = () =>
      new Response(null, { status: 302, headers: { location: 'http://169.254.169.254/' } });
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
    expect(receiver.received).toEqual([]);
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
