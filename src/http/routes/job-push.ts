import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { pushJob } from '../../domain/jobs/push-job.ts';
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
import { inPath } from '../params.ts';
import { scoped } from '../scoped.ts';
import { repositoryName } from './agents.ts';
import { pushedSchema } from './job-schema.ts';

const pushJobRoute = createRoute({
  method: 'post',
  path: '/jobs/{jobId}/push',
  operationId: 'pushJob',
  tags: ['jobs'],
  summary: 'Push what a completed job made to a new repository; repeating it changes nothing',
  ...needs('write'),
  request: {
    params: z.object({ jobId: inPath.jobId }),
    body: jsonBody(
      z
        .strictObject({
          repository: repositoryName.openapi({
            description:
              'One that does not exist, yours or of an organisation in which you may make some; or the one that an earlier job of the same agent was pushed to',
            example: 'demo/notes-api',
          }),
          private: z.boolean().default(true),
        })
        .openapi('NewPush'),
    ),
  },
  responses: {
    200: json(pushedSchema, 'Where it is, in one commit'),
    ...problems(
      'notFound',
      'jobUnfinished',
      'repositoryExists',
      ...GITHUB_PROBLEMS,
      ...BODY_PROBLEMS,
      ...TOKEN_PROBLEMS,
    ),
  },
});

/** Taking what a job made to GitHub. */
export const jobPush = (context: Context) =>
  router().openapi(pushJobRoute, async (c) => {
    const { organisationId, userId } = c.get('actor');
    const input = { organisationId, userId, ...c.req.valid('param'), ...c.req.valid('json') };
    return c.json(await outlive(c, pushJob(scoped(c, context), input)), 200);
  });
