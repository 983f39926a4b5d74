import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { listOutputs } from '../../domain/outputs/list-outputs.ts';
import { readOutput, zipOutputs } from '../../domain/outputs/read-output.ts';
import { needs } from '../access.ts';
import { createRoute, json, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { listOf } from '../pagination.ts';
import { inPath } from '../params.ts';

const tags: ['runs'] = ['runs'];
const params = z.object({ runId: inPath.runId });

const outputSchema = z
  .object({
    name: z.string().openapi({ example: 'report.md' }),
    kind: z.enum(['file', 'value']).openapi({ description: 'A file, or a value as JSON' }),
    mediaType: z.string().openapi({ example: 'text/markdown' }),
    bytes: z.int(),
    sha256: z.string().openapi({ description: 'Of its bytes, in hexadecimal' }),
    stepNo: z.int().openapi({ description: 'The step that saved it last' }),
    createdAt: z.iso.datetime(),
  })
  .openapi('Output');

const listOutputsRoute = createRoute({
  method: 'get',
  path: '/runs/{runId}/outputs',
  operationId: 'listOutputs',
  tags,
  summary: 'What a run has handed over so far, by name; all of it is on one page',
  ...needs('read'),
  request: { params },
  responses: { 200: json(listOf(outputSchema), 'The outputs'), ...problems('notFound', ...TOKEN_PROBLEMS) },
});

const zipOutputsRoute = createRoute({
  method: 'get',
  path: '/runs/{runId}/outputs.zip',
  operationId: 'zipOutputs',
  tags,
  summary: 'All that a run has handed over, as a zip',
  ...needs('read'),
  request: { params },
  responses: {
    200: {
      description: 'A zip; the same outputs make the same bytes',
      content: { 'application/zip': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    ...problems('notFound', ...TOKEN_PROBLEMS),
  },
});

const readOutputRoute = createRoute({
  method: 'get',
  path: '/runs/{runId}/outputs/{output}',
  operationId: 'readOutput',
  tags,
  summary: 'Download an output',
  ...needs('read'),
  request: {
    params: params.extend({
      output: z.string().openapi({ description: 'The name of an output', example: 'report.md' }),
    }),
  },
  responses: {
    200: {
      description: 'Its bytes, to be kept as a file; what they are, the list says',
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    ...problems('notFound', ...TOKEN_PROBLEMS),
  },
});

/** Whoever wrote it, a model did: it is kept, and never shown as a page of ours. */
const asFile = (name: string, contentType: string) => ({
  'content-type': contentType,
  'content-disposition': `attachment; filename="${name}"`,
});

/** What runs hand over. The tool `save_output` puts it there. */
export const runOutputs = (context: Context) =>
  router()
    .openapi(listOutputsRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const data = await listOutputs(context, { organisationId, ...c.req.valid('param') });
      return c.json({ data, nextCursor: null }, 200);
    })
    .openapi(zipOutputsRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const { runId } = c.req.valid('param');
      const zip = await zipOutputs(context, { organisationId, runId });
      return c.body(zip, 200, asFile(`${runId}.zip`, 'application/zip'));
    })
    .openapi(readOutputRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const { runId, output: name } = c.req.valid('param');
      const content = await readOutput(context, { organisationId, runId, name });
      return c.body(content, 200, asFile(name, 'application/octet-stream'));
    });
