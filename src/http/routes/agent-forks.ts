import { z } from '@hono/zod-openapi';
import { forkAgent } from '../../domain/agents/fork-agent.ts';
import type { Context } from '../../domain/context.ts';
import { needs } from '../access.ts';
import {
  BODY_PROBLEMS,
  created,
  createRoute,
  jsonBody,
  problems,
  router,
  TOKEN_PROBLEMS,
} from '../contract.ts';
import { outlive } from '../outlive.ts';
import { outputSchemaInput } from '../output-schema.ts';
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { someText } from '../text.ts';
import { agentName, agentSchema } from './agents.ts';

const forkSchema = z
  .strictObject({
    runId: z
      .string()
      .max(100)
      .optional()
      .openapi({ description: 'One of its runs; the newest with a step when left out' }),
    stepNo: z
      .int()
      .min(1)
      .max(2_147_483_647)
      .optional()
      .openapi({ description: 'A committed step of the run; its last one when left out' }),
    name: agentName.optional(),
    prompt: someText(100_000)
      .optional()
      .openapi({ description: 'Starts the first run; without it the fork waits for a message' }),
    outputSchema: outputSchemaInput.optional(),
  })
  .openapi('NewFork');

const forkAgentRoute = createRoute({
  method: 'post',
  path: '/agents/{agentId}/fork',
  operationId: 'forkAgent',
  tags: ['agents'],
  summary: 'Make another agent that goes on where a step of this one ended, on a branch of its own',
  ...needs('write'),
  request: { params: z.object({ agentId: inPath.agentId }), body: jsonBody(forkSchema) },
  responses: {
    201: created(agentSchema, 'The new agent; the original stays as it is'),
    ...problems(
      'messageLimitReached',
      'notFound',
      'agentArchived',
      'forkTooDeep',
      ...BODY_PROBLEMS,
      ...TOKEN_PROBLEMS,
    ),
  },
});

/** Agents made from what other agents did. */
export const agentForks = (context: Context) =>
  router().openapi(forkAgentRoute, async (c) => {
    const { organisationId, userId } = c.get('actor');
    const input = { ...c.req.valid('json'), organisationId, userId, ...c.req.valid('param') };
    const agent = await outlive(c, forkAgent(scoped(c, context), input));
    c.header('location', `${BASE_PATH}/agents/${agent.id}`);
    return c.json(agent, 201);
  });
