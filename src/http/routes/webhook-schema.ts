import { z } from '@hono/zod-openapi';
import { text } from '../text.ts';
import { EVENT_TYPES } from './event-schema.ts';

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
