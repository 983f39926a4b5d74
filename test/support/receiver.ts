import { sql } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { beforeEach, expect } from 'vitest';
import { z } from 'zod';
import { webhookHeaders, webhookMessageSchemas } from '../../src/http/routes/webhook-schema.ts';
import { openApi } from './api.ts';
import { deliver, deliverUntilRest } from './deliver.ts';
import { expectShape } from './hold-to-contract.ts';

const CALLBACK = '/api/v1/callbacks/webhook';
export const URL_OF_RECEIVER = 'https://hooks.receiver.dev/cadence';

const messageSchema = z.union([webhookMessageSchemas.event, webhookMessageSchemas.test]);

interface Received {
  id: string;
  body: string;
  headers: Record<string, string>;
}

/** The API, and a server that its webhooks go to: what it has received since the test began, and what it answers. */
export async function openReceiver() {
  const receiver = {
    received: [] as Received[],
    answer: (_request: Request): Response | Promise<Response> => new Response(null, { status: 204 }),
  };
  const opened = await openApi({
    others: {
      receiver: {
        origin: 'https://hooks.receiver.dev',
        async handle(request) {
          const headers = Object.fromEntries(request.headers);
          const id = headers['webhook-id'] ?? '';
          const body = await request.clone().text();
          expectShape('a webhook', messageSchema, JSON.parse(body));
          expectShape('its headers', webhookHeaders, pick(headers, Object.keys(webhookHeaders.shape)));
          receiver.received.push({ id, body, headers });
          return receiver.answer(request);
        },
      },
    },
  });
  const { cloud, api, token } = opened;
  beforeEach(async () => {
    receiver.received = [];
    receiver.answer = () => new Response(null, { status: 204 });
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

  const last = () => {
    const request = receiver.received.at(-1);
    if (!request) throw new Error('nothing was received');
    return request;
  };

  return {
    ...opened,
    receiver,
    makeEndpoint,
    sendTest,
    runSomething,
    logOf,
    endpointOf,
    deliverHints,
    hint,
    last,
  };
}

/** Throws what the official package throws. */
export const verify = (secret: string, { body, headers }: Received) =>
  new Webhook(secret).verify(body, headers);

const pick = (headers: Record<string, string>, names: string[]) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)));
