import { z } from '@hono/zod-openapi';
import { text } from '../text.ts';
import { EVENT_TYPES, eventSchema } from './event-schema.ts';

const url = z.string().min(1).max(2_000).openapi({
  description: 'https on its own port, and a public name',
  example: 'https://hooks.example.com/cadence',
});
const events = z
  .array(z.enum(['*', ...EVENT_TYPES]))
  .min(1)
  .max(EVENT_TYPES.length + 1)
  .openapi({
    description: 'The types of events that it is told of, `*` for all',
    example: ['run.completed', 'run.failed'],
  });
const description = text(500).nullable().openapi({ description: 'What it is for' });

export const newEndpointSchema = z
  .strictObject({ url, events: events.default(['*']), description: description.default(null) })
  .openapi('NewWebhookEndpoint');

export const endpointChangesSchema = z
  .strictObject({
    url: url.optional(),
    events: events.optional(),
    description: description.optional(),
    disabled: z.boolean().optional(),
  })
  .openapi('WebhookEndpointChanges');

export const endpointSchema = z
  .object({
    id: z.string().openapi({ example: 'webhook_01h455vb4pex5vsknk084sn02q' }),
    url: z.string(),
    events: z.array(z.string()),
    description: z.string().nullable(),
    disabled: z.boolean(),
    disabledReason: z.enum(['byRequest', 'gone', 'failing']).nullable().openapi({
      description: '`gone`: it answered 410; `failing`: nothing arrived for five days',
    }),
    failingSince: z.iso.datetime().nullable().openapi({ description: 'Since when nothing has arrived' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('WebhookEndpoint');

export const endpointWithSecretSchema = endpointSchema
  .extend({
    secret: z.string().openapi({
      description:
        'With which a receiver verifies what it gets (Standard Webhooks). This answer alone has it',
      example: 'whsec_…',
    }),
  })
  .openapi('WebhookEndpointWithSecret');

export const deliverySchema = z
  .object({
    id: z.string().openapi({ description: 'The `webhook-id` of each of its tries' }),
    type: z.enum(['webhook.test', ...EVENT_TYPES]),
    runId: z.string().nullable().openapi({ description: 'Null for a test' }),
    seq: z.int().nullable().openapi({ description: 'The number of the event in its run' }),
    state: z.enum(['pending', 'delivered', 'failed']),
    attempts: z.int(),
    lastStatus: z.int().nullable().openapi({ description: 'What was last answered; null when nothing was' }),
    nextAttemptAt: z.iso.datetime().nullable(),
    tries: z
      .array(
        z.object({
          at: z.iso.datetime(),
          status: z.int().nullable().openapi({ description: 'Null when no answer came' }),
          error: z.string().nullable().openapi({ description: 'Why it does not count as delivered' }),
          durationMs: z.int(),
        }),
      )
      .openapi({ description: 'The last twenty, oldest first' }),
    createdAt: z.iso.datetime(),
  })
  .openapi('WebhookDelivery');

const timestamp = z.iso.datetime().openapi({ description: 'When it happened' });
const organisationId = z.string();

/** What receivers are sent. */
export const webhookMessageSchemas = {
  event: z
    .object({
      type: z.enum(EVENT_TYPES),
      timestamp,
      data: z.object({ organisationId, runId: z.string(), agentId: z.string(), event: eventSchema }),
    })
    .openapi('WebhookEvent', {
      description: 'Tell repeats by `webhook-id`, and order by `data.runId` and `data.event.seq`',
    }),
  test: z
    .object({
      type: z.literal('webhook.test'),
      timestamp,
      data: z.object({ organisationId, webhookEndpointId: z.string() }),
    })
    .openapi('WebhookTest'),
};

/** The headers of each, by which a receiver knows who sent it (https://www.standardwebhooks.com). */
export const webhookHeaders = z.object({
  'webhook-id': z.string().openapi({
    description: 'The same at each try',
    example: 'delivery_01h455vb4pex5vsknk084sn02q',
  }),
  'webhook-timestamp': z.string().openapi({ description: 'Seconds since 1970', example: '1700000000' }),
  'webhook-signature': z.string().openapi({
    description:
      '`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`, for each secret that is good; a blank between two',
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  }),
});
