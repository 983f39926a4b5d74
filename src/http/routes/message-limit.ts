import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { getMessageLimit } from '../../domain/messages/message-limit.ts';
import { needs } from '../access.ts';
import { createRoute, json, problems, router, TOKEN_PROBLEMS } from '../contract.ts';

const messageLimitSchema = z
  .object({
    limit: z
      .int()
      .nullable()
      .openapi({ description: 'How much you may say in a day (UTC); null for no limit' }),
    used: z.int(),
    remaining: z.int().nullable(),
    resetsAt: z.iso.datetime(),
  })
  .openapi('MessageLimit');

const getMessageLimitRoute = createRoute({
  method: 'get',
  path: '/message-limit',
  operationId: 'getMessageLimit',
  tags: ['agents'],
  summary: 'How much you may say to agents in a day: messages, and the prompts of new ones',
  ...needs('read'),
  responses: { 200: json(messageLimitSchema, 'The limit'), ...problems(...TOKEN_PROBLEMS) },
});

/** What is left to be said today. */
export const messageLimit = (context: Context) =>
  router().openapi(getMessageLimitRoute, async (c) =>
    c.json(await getMessageLimit(context, c.get('actor').userId), 200),
  );
