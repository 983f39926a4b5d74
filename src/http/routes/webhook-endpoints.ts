import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { changeWebhookEndpoint } from '../../domain/webhook-endpoints/change-webhook-endpoint.ts';
import { createWebhookEndpoint } from '../../domain/webhook-endpoints/create-webhook-endpoint.ts';
import { getWebhookEndpoint } from '../../domain/webhook-endpoints/get-webhook-endpoint.ts';
import { listWebhookDeliveries } from '../../domain/webhook-endpoints/list-webhook-deliveries.ts';
import { listWebhookEndpoints } from '../../domain/webhook-endpoints/list-webhook-endpoints.ts';
import { removeWebhookEndpoint } from '../../domain/webhook-endpoints/remove-webhook-endpoint.ts';
import { rotateWebhookSecret } from '../../domain/webhook-endpoints/rotate-webhook-secret.ts';
import { resendWebhook, sendTestWebhook } from '../../domain/webhook-endpoints/send-webhook.ts';
import { needs } from '../access.ts';
import { begins, changesTo, lists, makes, removes, shows } from '../answers.ts';
import { createRoute, jsonBody, router } from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listQuery, rowsAsked, rowsFound } from '../pagination.ts';
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { within } from '../within.ts';
import {
  deliverySchema,
  endpointChangesSchema,
  endpointSchema,
  endpointWithSecretSchema,
  newEndpointSchema,
} from './webhook-schema.ts';

const tags: ['webhooks'] = ['webhooks'];
const params = z.object({ webhookEndpointId: inPath.webhookEndpointId });

const createEndpointRoute = createRoute({
  method: 'post',
  path: '/webhook-endpoints',
  operationId: 'createWebhookEndpoint',
  tags,
  summary: 'Have events of all runs of the organisation sent to an address; this answer alone has the secret',
  description:
    'Each event is a POST of `{type, timestamp, data: {organisationId, runId, agentId, event}}`, `event` as in the run’s stream, signed as Standard Webhooks has it. Answer 2xx within 15 seconds; else it comes again, with the same `webhook-id`, for three days. 410 disables the endpoint.',
  ...needs('manage'),
  request: { body: jsonBody(newEndpointSchema) },
  responses: makes(endpointWithSecretSchema, 'The endpoint', 'webhooksFull'),
});

const listEndpointsRoute = createRoute({
  method: 'get',
  path: '/webhook-endpoints',
  operationId: 'listWebhookEndpoints',
  tags,
  summary: "List the organisation's webhook endpoints, newest first",
  ...needs('manage'),
  request: { query: listQuery },
  responses: lists(endpointSchema, 'A page of endpoints'),
});

const getEndpointRoute = createRoute({
  method: 'get',
  path: '/webhook-endpoints/{webhookEndpointId}',
  operationId: 'getWebhookEndpoint',
  tags,
  summary: 'Where an endpoint is, what it is told of, and whether it fails',
  ...needs('manage'),
  request: { params },
  responses: shows(endpointSchema, 'The endpoint', 'notFound'),
});

const changeEndpointRoute = createRoute({
  method: 'patch',
  path: '/webhook-endpoints/{webhookEndpointId}',
  operationId: 'changeWebhookEndpoint',
  tags,
  summary: 'Change an endpoint; one that is enabled anew is told of what happens from then on',
  ...needs('manage'),
  request: { params, body: jsonBody(endpointChangesSchema) },
  responses: changesTo(endpointSchema, 'The endpoint', 'notFound'),
});

const removeEndpointRoute = createRoute({
  method: 'delete',
  path: '/webhook-endpoints/{webhookEndpointId}',
  operationId: 'removeWebhookEndpoint',
  tags,
  summary: 'Remove an endpoint and its log; what was on its way is not sent any more',
  ...needs('manage'),
  request: { params },
  responses: removes('It is told nothing any more', 'notFound'),
});

const rotateSecretRoute = createRoute({
  method: 'post',
  path: '/webhook-endpoints/{webhookEndpointId}/rotate-secret',
  operationId: 'rotateWebhookSecret',
  tags,
  summary: 'Give an endpoint a new secret; for 24 hours the old one signs too',
  ...needs('manage'),
  request: { params },
  responses: shows(
    endpointWithSecretSchema,
    'The endpoint with its new secret, which this answer alone has',
    'notFound',
  ),
});

const testEndpointRoute = createRoute({
  method: 'post',
  path: '/webhook-endpoints/{webhookEndpointId}/test',
  operationId: 'testWebhookEndpoint',
  tags,
  summary: 'Send an event `webhook.test`, whatever the endpoint is told of',
  ...needs('manage'),
  request: { params },
  responses: begins(deliverySchema, 'It is on its way', 'notFound', 'webhookDisabled'),
});

const listDeliveriesRoute = createRoute({
  method: 'get',
  path: '/webhook-endpoints/{webhookEndpointId}/deliveries',
  operationId: 'listWebhookDeliveries',
  tags,
  summary: 'List what was sent to an endpoint in the last 30 days and what came of it, newest first',
  ...needs('manage'),
  request: { params, query: listQuery },
  responses: lists(deliverySchema, 'A page of deliveries', 'notFound'),
});

const redeliverRoute = createRoute({
  method: 'post',
  path: '/webhook-endpoints/{webhookEndpointId}/deliveries/{deliveryId}/redeliver',
  operationId: 'redeliverWebhook',
  tags,
  summary: 'Send something once more, under the id that it had, and again until it arrives',
  ...needs('manage'),
  request: { params: params.extend({ deliveryId: inPath.deliveryId }) },
  responses: begins(deliverySchema, 'It is on its way', 'notFound', 'webhookDisabled'),
});

/** Where an organisation is told of its runs. */
export const webhookEndpoints = (context: Context) =>
  router()
    .openapi(createEndpointRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const input = { organisationId, ...c.req.valid('json') };
      const endpoint = await outlive(c, createWebhookEndpoint(scoped(c, context), input));
      c.header('location', `${BASE_PATH}/webhook-endpoints/${endpoint.id}`);
      return c.json(endpoint, 201);
    })
    .openapi(listEndpointsRoute, async (c) => {
      const page = within(c, rowsAsked(c.req.valid('query')));
      return c.json(rowsFound(await listWebhookEndpoints(context, page)), 200);
    })
    .openapi(getEndpointRoute, async (c) =>
      c.json(await getWebhookEndpoint(context, within(c, c.req.valid('param'))), 200),
    )
    .openapi(changeEndpointRoute, async (c) => {
      const changes = c.req.valid('json');
      return c.json(await changeWebhookEndpoint(context, within(c, c.req.valid('param')), changes), 200);
    })
    .openapi(removeEndpointRoute, async (c) => {
      await removeWebhookEndpoint(context, within(c, c.req.valid('param')));
      return c.body(null, 204);
    })
    .openapi(rotateSecretRoute, async (c) =>
      c.json(await outlive(c, rotateWebhookSecret(scoped(c, context), within(c, c.req.valid('param')))), 200),
    )
    .openapi(testEndpointRoute, async (c) =>
      c.json(await outlive(c, sendTestWebhook(scoped(c, context), within(c, c.req.valid('param')))), 202),
    )
    .openapi(listDeliveriesRoute, async (c) => {
      const page = within(c, { ...rowsAsked(c.req.valid('query')), ...c.req.valid('param') });
      return c.json(rowsFound(await listWebhookDeliveries(context, page)), 200);
    })
    .openapi(redeliverRoute, async (c) => {
      const param = c.req.valid('param');
      const wanted = { ...within(c, param), deliveryId: param.deliveryId };
      return c.json(await outlive(c, resendWebhook(scoped(c, context), wanted)), 202);
    });
