import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { addMessage } from '../../src/store/runs/inbox.ts';
import { insertEndpoint } from '../../src/store/webhook-endpoints.ts';
import { collectDeliveries, recordTry, takeDelivery } from '../../src/store/webhook-outbox.ts';
import { event, eventTypes, queuedRun } from '../support/runs.ts';
import { describeRaces, race, winners } from './races.ts';

describeRaces('about webhooks', (races) => {
  /** A run whose organisation has an endpoint that wants everything. */
  async function hookedRun() {
    const run = await queuedRun(races.db);
    await races.db.execute(
      sql`INSERT INTO organisations (id, name) VALUES (${run.organisationId}, 'Team') ON CONFLICT DO NOTHING`,
    );
    const endpoint = { id: `webhook_${run.runId}`, url: 'https://hooks.receiver.dev/', events: ['*'] };
    const { organisationId } = run;
    await insertEndpoint(races.db, { ...endpoint, organisationId, description: null, secret: '' }, 20);
    return { ...run, endpointId: endpoint.id };
  }

  it('collect events while more are written: none is left out, none is there twice', async () => {
    const { runId, agentId, endpointId } = await hookedRun();
    const collected = await race(async (racer) => {
      const said = { agentId, messageId: `${runId}-${racer}`, text: 'more', speech: null };
      const [deliveries] = await Promise.all([
        collectDeliveries(races.db, runId),
        addMessage(races.db, { ...said, resumed: event('run.resumed') }),
      ]);
      return [...deliveries, ...(await collectDeliveries(races.db, runId))];
    });
    const ids = collected.flat().map(({ deliveryId }) => deliveryId);
    expect(new Set(ids).size).toBe(ids.length);
    const events = await eventTypes(races.db, runId);
    const { rows } = await races.db.execute<{ seq: number }>(
      sql`SELECT seq FROM webhook_deliveries WHERE endpoint_id = ${endpointId} ORDER BY seq`,
    );
    // The first event is older than the endpoint.
    expect(rows.map(({ seq }) => seq)).toEqual(events.slice(1).map((_, at) => at + 2));
    expect(ids).toHaveLength(rows.length);
  });

  it('take a delivery: one sends it, and one writes it down', async () => {
    const { runId, agentId } = await hookedRun();
    const said = { agentId, messageId: `${runId}-0`, text: 'more', speech: null };
    await addMessage(races.db, { ...said, resumed: event('run.resumed') });
    const [made] = await collectDeliveries(races.db, runId);
    const hint = { deliveryId: made?.deliveryId ?? '', tryNo: 1 };
    expect(winners(await race(() => takeDelivery(races.db, hint)))).toHaveLength(1);
    const tried = { at: '2026-11-21T12:00:00.000Z', status: 500, error: 'no', durationMs: 1 };
    const outcome = { outcome: 'failed' as const, tried, delaysMs: [5_000], disableAfterMs: 1_000_000 };
    expect(winners(await race(() => recordTry(races.db, { ...hint, ...outcome })))).toMatchObject([
      { state: 'pending', disabled: null, pending: { tryNo: 2 } },
    ]);
  });
});
