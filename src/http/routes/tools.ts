import { z } from '@hono/zod-openapi';
import { AppError } from '../../domain/errors.ts';
import { describeTools, getTool, toolNames } from '../../tools/catalog.ts';
import { POLICIES } from '../../tools/policy.ts';
import { EFFECTS } from '../../tools/tool.ts';
import { needs } from '../access.ts';
import { createRoute, json, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { listOf } from '../pagination.ts';

const tags: ['tools'] = ['tools'];

const toolSchema = z
  .object({
    name: z.string().openapi({ example: 'edit_file' }),
    description: z.string(),
    effect: z.enum(EFFECTS).openapi({
      description: 'What repeating a call does to the world; the worst of it where calls differ',
    }),
    trust: z.object({ readsPrivate: z.boolean(), readsUntrusted: z.boolean(), egress: z.boolean() }).openapi({
      description:
        'Whether it shows what is in the repository, or what anybody may have written, and whether a call can take data to where others than the readers of the repository may get it. A run that has read what is private and what is untrusted asks before that',
    }),
    defaultPolicy: z.enum(POLICIES).openapi({
      description: 'Whether it runs, asks or is refused where the policies of an agent do not speak of it',
    }),
    onlyByName: z.boolean().openapi({ description: 'Whether only an agent that names it gets it' }),
    inputSchema: z.record(z.string(), z.unknown()).openapi({ description: 'A JSON Schema' }),
  })
  .openapi('Tool');

const listToolsRoute = createRoute({
  method: 'get',
  path: '/tools',
  operationId: 'listTools',
  tags,
  summary: 'List what agents can do',
  ...needs('read'),
  responses: { 200: json(listOf(toolSchema), 'Every tool, on one page'), ...problems(...TOKEN_PROBLEMS) },
});

const getToolRoute = createRoute({
  method: 'get',
  path: '/tools/{name}',
  operationId: 'getTool',
  tags,
  summary: 'Describe a tool',
  ...needs('read'),
  request: {
    params: z.object({
      name: z.string().openapi({ description: 'The name of a tool', example: 'edit_file' }),
    }),
  },
  responses: { 200: json(toolSchema, 'The tool'), ...problems('notFound', ...TOKEN_PROBLEMS) },
});

/** The catalogue that models are given, for people. */
export const tools = () =>
  router()
    .openapi(listToolsRoute, (c) => c.json({ data: toolNames.flatMap(described), nextCursor: null }, 200))
    .openapi(getToolRoute, (c) => {
      const [tool] = described(c.req.valid('param').name);
      if (tool === undefined) throw new AppError('notFound', 'There is no such tool.');
      return c.json(tool, 200);
    });

function described(name: string): z.infer<typeof toolSchema>[] {
  const tool = getTool(name);
  if (!tool) return [];
  const { effect, trust, defaultPolicy = 'always', onlyByName = false } = tool;
  const atWorst = typeof effect === 'string' ? effect : effect.atWorst;
  return describeTools([name]).map((model) => ({
    ...model,
    effect: atWorst,
    trust: { ...trust, readsPrivate: trust.readsPrivate !== false, egress: trust.egress !== false },
    defaultPolicy,
    onlyByName,
  }));
}
