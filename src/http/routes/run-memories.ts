import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { listRunMemories } from '../../domain/runs/list-run-memories.ts';
import { MEMORY_SCOPES } from '../../memory/memory.ts';
import { needs } from '../access.ts';
import { createRoute, json, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { listOf } from '../pagination.ts';
import { inPath } from '../params.ts';

const tags: ['memories'] = ['memories'];

const toldSchema = z
  .object({
    key: z.string().openapi({ example: 'test-command' }),
    scope: z.enum(MEMORY_SCOPES),
    value: z.string().openapi({ example: 'npm test' }),
    isByUser: z
      .boolean()
      .nullable()
      .openapi({ description: "Of an organisation's: whether a user wrote it; the model is told which" }),
  })
  .openapi('ToldMemory');

const listRunMemoriesRoute = createRoute({
  method: 'get',
  path: '/runs/{runId}/memories',
  operationId: 'listRunMemories',
  tags,
  summary: 'The memories that stand in the prompt of every step of a run, as they were when it began',
  ...needs('read'),
  request: { params: z.object({ runId: inPath.runId }) },
  responses: {
    200: json(listOf(toldSchema), 'What it was told'),
    ...problems('notFound', ...TOKEN_PROBLEMS),
  },
});

/** What runs were told of memories. What they looked up besides are results of the tool `recall`. */
export const runMemories = (context: Context) =>
  router().openapi(listRunMemoriesRoute, async (c) => {
    const { organisationId } = c.get('actor');
    const data = await listRunMemories(context, { organisationId, ...c.req.valid('param') });
    return c.json({ data, nextCursor: null }, 200);
  });
