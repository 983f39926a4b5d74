import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { forgetMemory } from '../../domain/memories/forget-memory.ts';
import { getMemory } from '../../domain/memories/get-memory.ts';
import { listMemories } from '../../domain/memories/list-memories.ts';
import { putMemory } from '../../domain/memories/put-memory.ts';
import { needs } from '../access.ts';
import { BODY_PROBLEMS, createRoute, json, jsonBody, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { listOf } from '../pagination.ts';
import { keyInPath, memoryQuery, memorySchema, newKeyInPath, newMemorySchema } from './memory-schema.ts';

const tags: ['memories'] = ['memories'];
const params = z.object({ key: keyInPath });

const listRoute = createRoute({
  method: 'get',
  path: '/memories',
  operationId: 'listSharedMemories',
  tags,
  summary:
    'What all agents of the organisation may know, by key, or looked for by words; all of it is on one page',
  ...needs('read'),
  request: { query: memoryQuery },
  responses: {
    200: json(listOf(memorySchema), 'The memories'),
    ...problems('validationFailed', ...TOKEN_PROBLEMS),
  },
});

const getRoute = createRoute({
  method: 'get',
  path: '/memories/{key}',
  operationId: 'getSharedMemory',
  tags,
  summary: "A memory of the organisation's, and who wrote it",
  ...needs('read'),
  request: { params },
  responses: { 200: json(memorySchema, 'The memory'), ...problems(...TOKEN_PROBLEMS) },
});

const putRoute = createRoute({
  method: 'put',
  path: '/memories/{key}',
  operationId: 'putSharedMemory',
  tags,
  summary:
    'Tell all agents of the organisation something, in place of what was under the key; runs to come are told',
  ...needs('write'),
  request: { params: z.object({ key: newKeyInPath }), body: jsonBody(newMemorySchema) },
  responses: {
    200: json(memorySchema, 'The memory'),
    ...problems('memoryFull', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const forgetRoute = createRoute({
  method: 'delete',
  path: '/memories/{key}',
  operationId: 'forgetSharedMemory',
  tags,
  summary: 'Make the organisation forget something; a run under way keeps what it began with',
  ...needs('write'),
  request: { params },
  responses: { 204: { description: 'It is forgotten' }, ...problems(...TOKEN_PROBLEMS) },
});

/** What the agents of an organisation share. Their users write it, or an agent whose user lets it. */
export const memories = (context: Context) =>
  router()
    .openapi(listRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const { q } = c.req.valid('query');
      return c.json({ data: await listMemories(context, { organisationId, q }), nextCursor: null }, 200);
    })
    .openapi(getRoute, async (c) => {
      const { organisationId } = c.get('actor');
      return c.json(await getMemory(context, { organisationId, ...c.req.valid('param') }), 200);
    })
    .openapi(putRoute, async (c) => {
      const { organisationId, userId } = c.get('actor');
      const input = { organisationId, userId, ...c.req.valid('param'), ...c.req.valid('json') };
      return c.json(await putMemory(context, input), 200);
    })
    .openapi(forgetRoute, async (c) => {
      await forgetMemory(context, { organisationId: c.get('actor').organisationId, ...c.req.valid('param') });
      return c.body(null, 204);
    });
