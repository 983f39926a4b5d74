import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { forgetMemory } from '../../domain/memories/forget-memory.ts';
import { getMemory } from '../../domain/memories/get-memory.ts';
import { listMemories } from '../../domain/memories/list-memories.ts';
import { putMemory } from '../../domain/memories/put-memory.ts';
import { needs } from '../access.ts';
import { BODY_PROBLEMS, createRoute, json, jsonBody, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { listOf } from '../pagination.ts';
import { inPath } from '../params.ts';
import { keyInPath, memoryQuery, memorySchema, newKeyInPath, newMemorySchema } from './memory-schema.ts';

const tags: ['memories'] = ['memories'];
const agentOnly = z.object({ agentId: inPath.agentId });
const params = agentOnly.extend({ key: keyInPath });

const listMemoriesRoute = createRoute({
  method: 'get',
  path: '/agents/{agentId}/memories',
  operationId: 'listMemories',
  tags,
  summary:
    'What an agent remembers from run to run, by key, or looked for by words; all of it is on one page',
  ...needs('read'),
  request: { params: agentOnly, query: memoryQuery },
  responses: {
    200: json(listOf(memorySchema), 'What it remembers'),
    ...problems('notFound', 'validationFailed', ...TOKEN_PROBLEMS),
  },
});

const getMemoryRoute = createRoute({
  method: 'get',
  path: '/agents/{agentId}/memories/{key}',
  operationId: 'getMemory',
  tags,
  summary: 'What an agent remembers under a key, and who wrote it',
  ...needs('read'),
  request: { params },
  responses: { 200: json(memorySchema, 'The memory'), ...problems('notFound', ...TOKEN_PROBLEMS) },
});

const putMemoryRoute = createRoute({
  method: 'put',
  path: '/agents/{agentId}/memories/{key}',
  operationId: 'putMemory',
  tags,
  summary: 'Let an agent remember something, in place of what was under the key; its next run is told',
  ...needs('write'),
  request: { params: agentOnly.extend({ key: newKeyInPath }), body: jsonBody(newMemorySchema) },
  responses: {
    200: json(memorySchema, 'The memory'),
    ...problems('notFound', 'memoryFull', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const forgetMemoryRoute = createRoute({
  method: 'delete',
  path: '/agents/{agentId}/memories/{key}',
  operationId: 'forgetMemory',
  tags,
  summary: 'Make an agent forget something; a run under way keeps what it began with',
  ...needs('write'),
  request: { params },
  responses: { 204: { description: 'It is forgotten' }, ...problems('notFound', ...TOKEN_PROBLEMS) },
});

/** What agents remember. The tool `remember` puts it there, or a user. */
export const agentMemories = (context: Context) =>
  router()
    .openapi(listMemoriesRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const { q } = c.req.valid('query');
      const data = await listMemories(context, { organisationId, ...c.req.valid('param'), q });
      return c.json({ data, nextCursor: null }, 200);
    })
    .openapi(getMemoryRoute, async (c) => {
      const { organisationId } = c.get('actor');
      return c.json(await getMemory(context, { organisationId, ...c.req.valid('param') }), 200);
    })
    .openapi(putMemoryRoute, async (c) => {
      const { organisationId, userId } = c.get('actor');
      const input = { organisationId, userId, ...c.req.valid('param'), ...c.req.valid('json') };
      return c.json(await putMemory(context, input), 200);
    })
    .openapi(forgetMemoryRoute, async (c) => {
      await forgetMemory(context, { organisationId: c.get('actor').organisationId, ...c.req.valid('param') });
      return c.body(null, 204);
    });
