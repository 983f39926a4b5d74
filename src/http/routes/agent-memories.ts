import { z } from '@hono/zod-openapi';
import { forgetMemory } from '../../domain/agents/forget-memory.ts';
import { listMemories } from '../../domain/agents/list-memories.ts';
import type { Context } from '../../domain/context.ts';
import { needs } from '../access.ts';
import { createRoute, json, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { listOf } from '../pagination.ts';
import { inPath } from '../params.ts';

const tags: ['agents'] = ['agents'];
const params = z.object({
  agentId: inPath.agentId,
  key: z.string().openapi({ description: 'What it is remembered by', example: 'test-command' }),
});

const memorySchema = z
  .object({
    key: z.string().openapi({ example: 'test-command' }),
    value: z.string(),
    runId: z.string().openapi({ description: 'The run that remembered it, and its step' }),
    stepNo: z.int(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Memory');

const listMemoriesRoute = createRoute({
  method: 'get',
  path: '/agents/{agentId}/memories',
  operationId: 'listMemories',
  tags,
  summary: 'What an agent remembers from run to run, by key; all of it is on one page',
  ...needs('read'),
  request: { params: params.pick({ agentId: true }) },
  responses: {
    200: json(listOf(memorySchema), 'What it remembers'),
    ...problems('notFound', ...TOKEN_PROBLEMS),
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

/** What agents remember. The tool `remember` puts it there. */
export const agentMemories = (context: Context) =>
  router()
    .openapi(listMemoriesRoute, async (c) => {
      const data = await listMemories(context, {
        organisationId: c.get('actor').organisationId,
        ...c.req.valid('param'),
      });
      return c.json({ data, nextCursor: null }, 200);
    })
    .openapi(forgetMemoryRoute, async (c) => {
      await forgetMemory(context, { organisationId: c.get('actor').organisationId, ...c.req.valid('param') });
      return c.body(null, 204);
    });
