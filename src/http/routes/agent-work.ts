import { z } from '@hono/zod-openapi';
import { controlAgent } from '../../domain/agents/control-agent.ts';
import { sendMessage } from '../../domain/agents/send-message.ts';
import type { Context } from '../../domain/context.ts';
import { RUN_ACTIONS, type RunAction } from '../../domain/runs/control-run.ts';
import { needs } from '../access.ts';
import { BODY_PROBLEMS, createRoute, json, jsonBody, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { outlive } from '../outlive.ts';
import { outputSchemaInput } from '../output-schema.ts';
import { inPath } from '../params.ts';
import { scoped } from '../scoped.ts';
import { someText } from '../text.ts';
import { delivers } from './message-schema.ts';
import { runSchema, SAID } from './run-schema.ts';

const tags: ['agents'] = ['agents'];
const params = z.object({ agentId: inPath.agentId });

const controlAgentRoute = (action: RunAction) =>
  createRoute({
    method: 'post',
    path: `/agents/{agentId}/${action}`,
    operationId: `${action}Agent`,
    tags,
    summary: `${SAID[action]} what an agent is at`,
    ...needs('write'),
    request: { params },
    responses: {
      200: json(runSchema, 'The run as it is then; a running one may yet have to heed it'),
      ...problems('notFound', 'noActiveRun', ...TOKEN_PROBLEMS),
    },
  });

export const newMessageSchema = z
  .strictObject({
    text: someText(100_000),
    deliver: z.enum(delivers).default('now').openapi({
      description:
        'When a busy agent hears it: at its next model turn (or as the answer, if it has asked something), or as the prompt of a run of its own, which begins when the active one has completed or failed. Cancelling a run withdraws what waits behind it',
    }),
    outputSchema: outputSchemaInput.optional(),
  })
  .openapi('NewMessage');

const sendMessageRoute = createRoute({
  method: 'post',
  path: '/agents/{agentId}/messages',
  operationId: 'sendMessage',
  tags,
  summary:
    'Say something to an agent: an idle one starts on it, a busy one hears it now or does it afterwards',
  ...needs('write'),
  request: {
    params,
    body: jsonBody(newMessageSchema),
  },
  responses: {
    201: json(z.object({ run: runSchema }), 'The run that it started'),
    202: json(
      z
        .object({
          id: z.string().openapi({ example: 'message_01h455vb4pex5vsknk084sn02q' }),
          runId: z.string(),
          deliver: z.enum(delivers),
          seq: z
            .int()
            .nullable()
            .openapi({ description: 'Its number within the run, from 1; null for `afterRun`' }),
          ahead: z.int().openapi({
            description:
              'How many messages the agent hears before it; for `afterRun`, how many runs begin before its own',
          }),
        })
        .openapi('QueuedMessage'),
      'Its place in the inbox of the run under way, or in the queue behind it',
    ),
    ...problems(
      'messageLimitReached',
      'notFound',
      'agentArchived',
      'queueFull',
      ...BODY_PROBLEMS,
      ...TOKEN_PROBLEMS,
    ),
  },
});

/** What people tell their agents to do. */
export function agentWork(context: Context) {
  const routes = router();
  for (const action of RUN_ACTIONS) {
    routes.openapi(controlAgentRoute(action), async (c) => {
      const input = { organisationId: c.get('actor').organisationId, ...c.req.valid('param'), action };
      return c.json(await outlive(c, controlAgent(context, input)), 200);
    });
  }
  return routes.openapi(sendMessageRoute, async (c) => {
    const { organisationId, userId } = c.get('actor');
    const input = { organisationId, userId, ...c.req.valid('param'), ...c.req.valid('json') };
    const delivered = await outlive(c, sendMessage(scoped(c, context), input));
    switch (delivered.kind) {
      case 'started':
        return c.json({ run: delivered.run }, 201);
      case 'queued': {
        const { id, runId, deliver, seq, ahead } = delivered;
        return c.json({ id, runId, deliver, seq, ahead }, 202);
      }
    }
  });
}
