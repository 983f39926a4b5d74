import { z } from '@hono/zod-openapi';

export const jobStates = ['waiting', 'active', 'completed', 'failed'] as const;

export const acceptedSchema = z
  .object({
    message: z.string(),
    jobId: z.string().openapi({ example: 'job_01h455vb4pex5vsknk084sn02q' }),
    statusUrl: z.string().openapi({ example: '/api/v1/jobs/job_01h455vb4pex5vsknk084sn02q' }),
  })
  .openapi('AcceptedJob');

const pushed = z.object({
  repository: z.string().openapi({ example: 'demo/notes-api' }),
  url: z.url(),
  branch: z.string(),
  sha: z.string(),
});

export const pushedSchema = pushed.openapi('PushedJob');

export const jobSummarySchema = z
  .object({
    jobId: z.string().openapi({ example: 'job_01h455vb4pex5vsknk084sn02q' }),
    runId: z.string().openapi({ description: 'The run that the job is: its steps, events and cost' }),
    agentId: z.string().openapi({
      description: 'The agent behind it; a message to it changes the backend, in a job of its own',
    }),
    state: z.enum(jobStates).openapi({ description: '`failed` is a cancelled one, too' }),
    progress: z.int().openapi({
      description: 'How far its plan has come, 0 to 100; it never goes back, and 100 is the end',
    }),
    prompt: z.string(),
    repository: z.string().nullable().openapi({
      description: 'Where the job pushes what it makes',
      example: 'demo/notes-api',
    }),
    waitingFor: z
      .enum(['approval', 'input', 'runner', 'child', 'timer', 'budget', 'review'])
      .nullable()
      .openapi({ description: 'What an active job waits for' }),
    error: z
      .object({
        code: z.string().openapi({
          description: '`cancelled`, or why the run failed, such as `resultRefused` or `pushRefused`',
          example: 'resultRefused',
        }),
        message: z.string(),
      })
      .nullable(),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .openapi('JobSummary');

export const jobSchema = jobSummarySchema
  .extend({
    result: z
      .object({
        success: z.boolean(),
        files: z.array(z.object({ path: z.string(), bytes: z.int() })),
        pushed: pushed.nullable().openapi({ description: 'Where the job has pushed them' }),
      })
      .nullable()
      .openapi({ description: 'Null until the job has ended; one that failed may have files, too' }),
  })
  .openapi('Job');
