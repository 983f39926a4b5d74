import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { allJobFiles, readJobFile, zipJobFiles } from '../../domain/jobs/read-job-files.ts';
import { needs } from '../access.ts';
import { createRoute, json, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { listOf } from '../pagination.ts';
import { inPath } from '../params.ts';

const tags: ['jobs'] = ['jobs'];
const params = z.object({ jobId: inPath.jobId });

const listJobFilesRoute = createRoute({
  method: 'get',
  path: '/jobs/{jobId}/files',
  operationId: 'listJobFiles',
  tags,
  summary: 'What a job has written so far, by path; all of it is on one page',
  ...needs('read'),
  request: { params },
  responses: {
    200: json(listOf(z.object({ path: z.string(), content: z.string() }).openapi('JobFile')), 'The files'),
    ...problems('notFound', ...TOKEN_PROBLEMS),
  },
});

const zipJobFilesRoute = createRoute({
  method: 'get',
  path: '/jobs/{jobId}/files.zip',
  operationId: 'zipJobFiles',
  tags,
  summary: 'All that a job has written, as a zip',
  ...needs('read'),
  request: { params },
  responses: {
    200: {
      description: 'A zip; the same files make the same bytes',
      content: { 'application/zip': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    ...problems('notFound', ...TOKEN_PROBLEMS),
  },
});

const readJobFileRoute = createRoute({
  method: 'get',
  path: '/jobs/{jobId}/files/{path}',
  operationId: 'readJobFile',
  tags,
  summary: 'A file of a job, as it is now',
  ...needs('read'),
  request: {
    params: params.extend({
      path: z.string().openapi({
        description: 'The path of a file, its slashes written as `%2F`',
        example: 'src/server.js',
      }),
    }),
  },
  responses: {
    200: {
      description: 'Its text, to be kept as a file',
      content: { 'text/plain': { schema: z.string() } },
    },
    ...problems('notFound', ...TOKEN_PROBLEMS),
  },
});

/** Whoever asked for it, a model wrote it: it is kept, and never shown as a page of ours. */
const asFile = (name: string, contentType: string) => ({
  'content-type': contentType,
  'content-disposition': `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}"`,
});

/** What jobs have written. */
export const jobFiles = (context: Context) =>
  router()
    .openapi(listJobFilesRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const data = await allJobFiles(context, { organisationId, ...c.req.valid('param') });
      return c.json({ data, nextCursor: null }, 200);
    })
    .openapi(zipJobFilesRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const { jobId } = c.req.valid('param');
      const zip = await zipJobFiles(context, { organisationId, jobId });
      return c.body(zip, 200, asFile(`${jobId}.zip`, 'application/zip'));
    })
    .openapi(readJobFileRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const { jobId, path } = c.req.valid('param');
      const content = await readJobFile(context, { organisationId, jobId, path });
      return c.text(content, 200, asFile(path.split('/').at(-1) ?? '', 'text/plain; charset=utf-8'));
    });
