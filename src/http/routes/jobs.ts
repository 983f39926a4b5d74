import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { generateBackend } from '../../domain/jobs/generate-backend.ts';
import { DEFAULT_STACK, STACKS } from '../../domain/jobs/generator.ts';
import { getJob } from '../../domain/jobs/get-job.ts';
import { listJobs } from '../../domain/jobs/list-jobs.ts';
import { removeJob } from '../../domain/jobs/remove-job.ts';
import { needs } from '../access.ts';
import {
  BODY_PROBLEMS,
  createRoute,
  GITHUB_PROBLEMS,
  json,
  jsonBody,
  problems,
  router,
  TOKEN_PROBLEMS,
} from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listOf, listQuery, rowsAsked, rowsFound } from '../pagination.ts';
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { someText } from '../text.ts';
import { within } from '../within.ts';
import { repositoryName } from './agents.ts';
import { acceptedSchema, jobSchema, jobStates, jobSummarySchema } from './job-schema.ts';

const tags: ['jobs'] = ['jobs'];
const params = z.object({ jobId: inPath.jobId });

const generateBackendRoute = createRoute({
  method: 'post',
  path: '/generate-backend',
  operationId: 'generateBackend',
  tags,
  summary: 'Generate a backend: starts a job that plans, writes and checks it',
  ...needs('write'),
  request: {
    body: jsonBody(
      z
        .strictObject({
          prompt: someText(100_000).openapi({
            description: 'What the backend is to do',
            example: 'A REST API for notes, with tags and search',
          }),
          stack: z.enum(STACKS).default(DEFAULT_STACK).openapi({ description: 'What it is made with' }),
          repository: repositoryName.optional().openapi({
            description:
              'Where the job pushes it once it has passed its check, in one commit, as you: a repository that does not exist. Jobs that change the backend push there, too',
            example: 'demo/notes-api',
          }),
          private: z.boolean().default(true).openapi({ description: 'Whether that repository is' }),
        })
        .openapi('NewJob'),
    ),
  },
  responses: {
    202: json(acceptedSchema, 'The job waits for its turn'),
    ...problems(
      'messageLimitReached',
      'repositoryExists',
      ...GITHUB_PROBLEMS,
      ...BODY_PROBLEMS,
      ...TOKEN_PROBLEMS,
    ),
  },
});

const listJobsRoute = createRoute({
  method: 'get',
  path: '/jobs',
  operationId: 'listJobs',
  tags,
  summary: 'List your jobs, newest first',
  ...needs('read'),
  request: {
    query: listQuery.extend({
      state: z.enum(jobStates).optional().openapi({ description: 'Only those in this state' }),
    }),
  },
  responses: {
    200: json(listOf(jobSummarySchema), 'A page of jobs'),
    ...problems('validationFailed', ...TOKEN_PROBLEMS),
  },
});

const getJobRoute = createRoute({
  method: 'get',
  path: '/jobs/{jobId}',
  operationId: 'getJob',
  tags,
  summary: 'A job, how far it has come, and at its end what it made',
  ...needs('read'),
  request: { params },
  responses: { 200: json(jobSchema, 'The job'), ...problems('notFound', ...TOKEN_PROBLEMS) },
});

const removeJobRoute = createRoute({
  method: 'delete',
  path: '/jobs/{jobId}',
  operationId: 'deleteJob',
  tags,
  summary: 'Cancel a job that has not ended, or forget one that has',
  ...needs('write'),
  request: { params },
  responses: {
    202: json(
      acceptedSchema,
      'It is cancelled: its state tells within seconds, and it can be forgotten then',
    ),
    204: { description: 'It is forgotten, with its files' },
    ...problems('notFound', 'runActive', 'runForked', ...TOKEN_PROBLEMS),
  },
});

const accepted = (message: string, jobId: string) => ({
  message,
  jobId,
  statusUrl: `${BASE_PATH}/jobs/${jobId}`,
});

/** Backends that are generated. What a job has written stands in `job-files.ts`. */
export const jobs = (context: Context) =>
  router()
    .openapi(generateBackendRoute, async (c) => {
      const { organisationId, userId } = c.get('actor');
      const { prompt, stack, repository, private: isPrivate } = c.req.valid('json');
      const pushTo = repository === undefined ? null : { repository, private: isPrivate };
      const input = { organisationId, userId, prompt, stack, pushTo };
      const jobId = await outlive(c, generateBackend(scoped(c, context), input));
      c.header('location', `${BASE_PATH}/jobs/${jobId}`);
      return c.json(accepted('The backend is being generated.', jobId), 202);
    })
    .openapi(listJobsRoute, async (c) => {
      const page = within(c, rowsAsked(c.req.valid('query')));
      return c.json(rowsFound(await listJobs(context, page)), 200);
    })
    .openapi(getJobRoute, async (c) => {
      const { organisationId } = c.get('actor');
      return c.json(await getJob(context, { organisationId, ...c.req.valid('param') }), 200);
    })
    .openapi(removeJobRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const { jobId } = c.req.valid('param');
      const done = await outlive(c, removeJob(context, { organisationId, jobId }));
      return done === 'cancelled' ? c.json(accepted('The job is cancelled.', jobId), 202) : c.body(null, 204);
    });
