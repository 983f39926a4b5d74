import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { controlRun, RUN_ACTIONS, type RunAction } from '../../domain/runs/control-run.ts';
import { diffRun } from '../../domain/runs/diff-run.ts';
import { extendRun } from '../../domain/runs/extend-run.ts';
import { getRun } from '../../domain/runs/get-run.ts';
import { listRunSteps } from '../../domain/runs/list-run-steps.ts';
import { listRuns } from '../../domain/runs/list-runs.ts';
import { removeRun } from '../../domain/runs/remove-run.ts';
import { retryRun } from '../../domain/runs/retry-run.ts';
import { needs } from '../access.ts';
import {
  BODY_PROBLEMS,
  created,
  createRoute,
  GITHUB_PROBLEMS,
  json,
  jsonBody,
  optionalJsonBody,
  problems,
  router,
  TOKEN_PROBLEMS,
} from '../contract.ts';
import { takeEmptyBodyForNone } from '../empty-body.ts';
import { durationLimit, usdLimit } from '../limits.ts';
import { outlive } from '../outlive.ts';
import { outputSchemaInput } from '../output-schema.ts';
import { listOf, listQuery, readCursor, rowsAsked, rowsFound, writeCursor } from '../pagination.ts';
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { within } from '../within.ts';
import { runSchema, runStatuses, SAID, usageSchema } from './run-schema.ts';

const tags: ['runs'] = ['runs'];
const params = z.object({ runId: inPath.runId });

const listRunsRoute = createRoute({
  method: 'get',
  path: '/runs',
  operationId: 'listRuns',
  tags,
  summary: 'List your runs, newest first; those that are jobs only with their agent',
  ...needs('read'),
  request: {
    query: listQuery.extend({
      agentId: z.string().max(100).optional().openapi({ description: 'Only those of this agent' }),
      goalId: z.string().max(100).optional().openapi({ description: 'Only those of this goal' }),
      dagExecutionId: z.string().max(100).optional().openapi({
        description: 'Those of the nodes of this execution of a DAG, which are not listed else',
      }),
      parentRunId: z.string().max(100).optional().openapi({
        description: 'Those of the sub-agents of this run, which are not listed else',
      }),
      status: z.enum(runStatuses).optional().openapi({ description: 'Only those in this state' }),
    }),
  },
  responses: {
    200: json(listOf(runSchema), 'A page of runs'),
    ...problems('validationFailed', ...TOKEN_PROBLEMS),
  },
});

const getRunRoute = createRoute({
  method: 'get',
  path: '/runs/{runId}',
  operationId: 'getRun',
  tags,
  summary: 'A run and what it has brought so far',
  ...needs('read'),
  request: { params },
  responses: { 200: json(runSchema, 'The run'), ...problems('notFound', ...TOKEN_PROBLEMS) },
});

const stepSchema = z
  .object({
    stepNo: z.int(),
    kind: z.enum(['turn', 'compaction']).openapi({
      description: 'A turn of the model, or a summary that has taken the place of older turns for it',
    }),
    coversStepNo: z
      .int()
      .nullable()
      .openapi({ description: 'For a compaction: the last step that its text sums up' }),
    text: z.string(),
    toolCalls: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        input: z.record(z.string(), z.unknown()),
        state: z.enum([
          'planned',
          'awaitingApproval',
          'awaitingInput',
          'approved',
          'executing',
          'completed',
          'failed',
          'denied',
          'needsReview',
          'skipped',
        ]),
        output: z.string().nullable(),
        result: z.record(z.string(), z.unknown()).nullable(),
      }),
    ),
    provider: z.string().nullable().openapi({ description: 'Of the model that took it' }),
    model: z.string().nullable(),
    stopReason: z.enum(['endTurn', 'toolCalls', 'maxTokens', 'refusal', 'pauseTurn', 'contextFull']),
    usage: usageSchema,
    costUsd: z.number(),
    modelMs: z.int(),
    createdAt: z.iso.datetime(),
    committedAt: z.iso.datetime().nullable().openapi({ description: 'Null while its effects are under way' }),
  })
  .openapi('Step');

const listStepsRoute = createRoute({
  method: 'get',
  path: '/runs/{runId}/steps',
  operationId: 'listSteps',
  tags,
  summary: "List a run's steps in order: what the model said, what it called and what came of that",
  ...needs('read'),
  request: { params, query: listQuery },
  responses: {
    200: json(listOf(stepSchema), 'A page of steps'),
    ...problems('validationFailed', 'notFound', ...TOKEN_PROBLEMS),
  },
});

const diffRunRoute = createRoute({
  method: 'get',
  path: '/runs/{runId}/diff',
  operationId: 'getDiff',
  tags,
  summary: 'What a run changed: its commits, then the edits that nobody has committed yet',
  ...needs('read'),
  request: { params },
  responses: {
    200: { description: 'A unified diff', content: { 'text/x-diff': { schema: z.string() } } },
    ...problems('notFound', ...GITHUB_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const controlRunRoute = (action: RunAction) =>
  createRoute({
    method: 'post',
    path: `/runs/{runId}/${action}`,
    operationId: `${action}Run`,
    tags,
    summary: `${SAID[action]} a run; where that does not apply, nothing changes`,
    ...needs('write'),
    request: { params },
    responses: {
      200: json(runSchema, 'The run as it is then; a running one may yet have to heed it'),
      ...problems('notFound', ...TOKEN_PROBLEMS),
    },
  });

const newLimits = z
  .strictObject({
    maxSteps: z.int().min(1).max(10_000).optional(),
    maxCostUsd: usdLimit().optional(),
    maxDurationSeconds: durationLimit().optional(),
  })
  .refine((limits) => Object.keys(limits).length > 0, {
    error: 'name at least one of maxSteps, maxCostUsd and maxDurationSeconds',
  })
  .openapi('Budget');

const extendRunRoute = createRoute({
  method: 'post',
  path: '/runs/{runId}/budget',
  operationId: 'raiseBudget',
  tags,
  summary: 'Raise limits of a run; one that waits for them goes on',
  ...needs('write'),
  request: {
    params,
    body: jsonBody(newLimits),
  },
  responses: {
    200: json(runSchema, 'The run as it is then'),
    ...problems('notFound', 'runEnded', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const retryRunRoute = createRoute({
  method: 'post',
  path: '/runs/{runId}/retry',
  operationId: 'retryRun',
  tags,
  summary: "Take up a run that failed or was cancelled: its agent's next run goes on from the last step",
  ...needs('write', takeEmptyBodyForNone),
  request: {
    params,
    body: optionalJsonBody(
      z.strictObject({ outputSchema: outputSchemaInput.optional() }).openapi('RunRetry'),
    ),
  },
  responses: {
    201: created(runSchema, 'The run that goes on'),
    ...problems(
      'notFound',
      'runActive',
      'runCompleted',
      'runSuperseded',
      'agentBusy',
      'agentArchived',
      ...BODY_PROBLEMS,
      ...TOKEN_PROBLEMS,
    ),
  },
});

const removeRunRoute = createRoute({
  method: 'delete',
  path: '/runs/{runId}',
  operationId: 'deleteRun',
  tags,
  summary: 'Forget a run that has ended',
  ...needs('write'),
  request: { params },
  responses: {
    204: { description: 'It is gone; its commits and pull request stay' },
    ...problems('notFound', 'runActive', 'runForked', ...TOKEN_PROBLEMS),
  },
});

/** The number of a step, within PostgreSQL's `int`. */
const STEP_POSITION = z.tuple([z.int().min(0).max(2_147_483_647)]);

/** Executions of agents. */
export function runs(context: Context) {
  const routes = router();
  for (const action of RUN_ACTIONS) {
    routes.openapi(controlRunRoute(action), async (c) => {
      const input = { organisationId: c.get('actor').organisationId, ...c.req.valid('param'), action };
      return c.json(await outlive(c, controlRun(context, input)), 200);
    });
  }
  return routes
    .openapi(listRunsRoute, async (c) => {
      const page = within(c, rowsAsked(c.req.valid('query')));
      return c.json(rowsFound(await listRuns(context, page)), 200);
    })
    .openapi(getRunRoute, async (c) => {
      const run = await getRun(context, {
        organisationId: c.get('actor').organisationId,
        ...c.req.valid('param'),
      });
      return c.json(run, 200);
    })
    .openapi(listStepsRoute, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const [after] = cursor === undefined ? [0] : readCursor(cursor, STEP_POSITION);
      const input = { organisationId: c.get('actor').organisationId, ...c.req.valid('param'), after, limit };
      const { items, next } = await listRunSteps(context, input);
      return c.json({ data: items, nextCursor: next === null ? null : writeCursor([next]) }, 200);
    })
    .openapi(diffRunRoute, async (c) => {
      const input = {
        organisationId: c.get('actor').organisationId,
        ...c.req.valid('param'),
        signal: c.req.raw.signal,
      };
      const diff = await diffRun(context, input);
      return c.body(diff, 200, { 'content-type': 'text/x-diff; charset=utf-8' });
    })
    .openapi(extendRunRoute, async (c) => {
      const input = {
        organisationId: c.get('actor').organisationId,
        ...c.req.valid('param'),
        ...c.req.valid('json'),
      };
      return c.json(await outlive(c, extendRun(context, input)), 200);
    })
    .openapi(retryRunRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const input = { organisationId, ...c.req.valid('param'), ...c.req.valid('json') };
      const run = await outlive(c, retryRun(scoped(c, context), input));
      c.header('location', `${BASE_PATH}/runs/${run.id}`);
      return c.json(run, 201);
    })
    .openapi(removeRunRoute, async (c) => {
      await removeRun(context, { organisationId: c.get('actor').organisationId, ...c.req.valid('param') });
      return c.body(null, 204);
    });
}
