import { z } from '@hono/zod-openapi';
import { editMessage } from '../../domain/agents/edit-message.ts';
import { listMessages } from '../../domain/agents/list-messages.ts';
import { withdrawMessage } from '../../domain/agents/withdraw-message.ts';
import type { Context } from '../../domain/context.ts';
import { needs } from '../access.ts';
import { BODY_PROBLEMS, createRoute, json, jsonBody, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listOf, listQuery, rowsAsked, rowsFound } from '../pagination.ts';
import { inPath } from '../params.ts';
import { someText } from '../text.ts';
import { within } from '../within.ts';
import { messageSchema, messageStates } from './message-schema.ts';

const tags: ['agents'] = ['agents'];
const params = z.object({ agentId: inPath.agentId, messageId: inPath.messageId });

const listMessagesRoute = createRoute({
  method: 'get',
  path: '/agents/{agentId}/messages',
  operationId: 'listMessages',
  tags,
  summary: 'List what an agent was told while it was at work, newest first',
  ...needs('read'),
  request: {
    params: params.pick({ agentId: true }),
    query: listQuery.extend({
      runId: z
        .string()
        .max(100)
        .optional()
        .openapi({ description: 'Only those said while this run was under way' }),
      state: z.enum(messageStates).optional().openapi({ description: 'Only those in this state' }),
    }),
  },
  responses: {
    200: json(listOf(messageSchema), 'A page of messages'),
    ...problems('validationFailed', 'notFound', ...TOKEN_PROBLEMS),
  },
});

const editMessageRoute = createRoute({
  method: 'patch',
  path: '/agents/{agentId}/messages/{messageId}',
  operationId: 'editMessage',
  tags,
  summary: 'Change a message that the agent has not heard yet',
  ...needs('write'),
  request: {
    params,
    body: jsonBody(z.strictObject({ text: someText(100_000) }).openapi('MessageChange')),
  },
  responses: {
    200: json(messageSchema, 'The message as it is then'),
    ...problems('notFound', 'messageDelivered', 'messageWithdrawn', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const withdrawMessageRoute = createRoute({
  method: 'delete',
  path: '/agents/{agentId}/messages/{messageId}',
  operationId: 'withdrawMessage',
  tags,
  summary: 'Take back a message that the agent has not heard yet',
  ...needs('write'),
  request: { params },
  responses: {
    204: { description: 'The agent never hears it' },
    ...problems('notFound', 'messageDelivered', ...TOKEN_PROBLEMS),
  },
});

/** What was said to an agent at work, until it hears it. How it is said stands in `agent-work.ts`. */
export const agentMessages = (context: Context) =>
  router()
    .openapi(listMessagesRoute, async (c) => {
      const page = within(c, { ...rowsAsked(c.req.valid('query')), ...c.req.valid('param') });
      return c.json(rowsFound(await listMessages(context, page)), 200);
    })
    .openapi(editMessageRoute, async (c) => {
      const input = {
        organisationId: c.get('actor').organisationId,
        ...c.req.valid('param'),
        ...c.req.valid('json'),
      };
      return c.json(await outlive(c, editMessage(context, input)), 200);
    })
    .openapi(withdrawMessageRoute, async (c) => {
      await outlive(
        c,
        withdrawMessage(context, { organisationId: c.get('actor').organisationId, ...c.req.valid('param') }),
      );
      return c.body(null, 204);
    });
