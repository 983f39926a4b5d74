import { z } from 'zod';
import { deliver } from '../../support/deliver.ts';
import type { Flow } from './world.ts';

const made = z.object({ id: z.string() });

/** An endpoint, from its making to its end; what is sent to it does not arrive, because nobody is there. */
export const webhooks: Flow = async ({ call, cloud }) => {
  const body = {
    url: 'https://hooks.receiver.dev/cadence',
    events: ['run.completed', 'run.failed'],
    description: 'Tell the team',
  };
  const { id } = made.parse((await call('createWebhookEndpoint', { body })).body);
  const path = { webhookEndpointId: id };
  await call('getWebhookEndpoint', { path });
  const { id: deliveryId } = made.parse((await call('testWebhookEndpoint', { path })).body);
  await deliver(cloud, '/api/v1/callbacks/webhook', { deliveryId, tryNo: 1 });
  await call('listWebhookDeliveries', { path });
  await call('redeliverWebhook', { path: { ...path, deliveryId } });
  await call('rotateWebhookSecret', { path });
  await call('changeWebhookEndpoint', { path, body: { ...body, disabled: true } });
  await call('listWebhookEndpoints');
  await call('testWebhookEndpoint', { path });
  for (let n = 1; n <= 20; n++) await call('createWebhookEndpoint', { body });
  const { data } = z.object({ data: z.array(made) }).parse((await call('listWebhookEndpoints')).body);
  for (const endpoint of data)
    await call('removeWebhookEndpoint', { path: { webhookEndpointId: endpoint.id } });
};
