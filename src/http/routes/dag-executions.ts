import { z } from '@hono/zod-openapi';
import { MOST_PARALLEL, paramsSchema } from '../../dag/definition.ts';
import type { Context } from '../../domain/context.ts';
import { cancelExecution, pauseExecution, resumeExecution } from '../../domain/dags/control-execution.ts';
import { executeDag } from '../../domain/dags/execute-dag.ts';
import { getExecution } from '../../domain/dags/get-execution.ts';
import { listExecutions } from '../../domain/dags/list-executions.ts';
import { listSubSteps } from '../../domain/dags/list-sub-steps.ts';
import { removeExecution } from '../../domain/dags/remove-execution.ts';
import { invalidField } from '../../domain/errors.ts';
import { needs } from '../access.ts';
import { begins, lists, removes, shows } from '../answers.ts';
import {
  BODY_PROBLEMS,
  created,
  createRoute,
  jsonBody,
  problems,
  router,
  TOKEN_PROBLEMS,
} from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listQuery, readCursor, rowsAsked, rowsFound, writeCursor } from '../pagination.ts';
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { within } from '../within.ts';
import { executionSchema, executionStatus, newDagSchema, subStepSchema } from './dag-schema.ts';

const tags: ['dags'] = ['dags'];
const params = z.object({ executionId: inPath.executionId });

const executeDagRoute = createRoute({
  method: 'post',
  path: '/execute-dag',
  operationId: 'executeDag',
  tags,
  summary: 'Execute a DAG: one that is kept, or a new one that is kept then',
  ...needs('write'),
  request: {
    body: jsonBody(
      z
        .strictObject({
          dagId: z.string().max(100).optional().openapi({ description: 'This, or `dag`' }),
          dag: newDagSchema.optional(),
          params: paramsSchema.default({}),
          parallelism: z.int().min(1).max(MOST_PARALLEL).optional(),
        })
        .openapi('DagToExecute'),
    ),
  },
  responses: {
    202: created(executionSchema, 'The execution, which has begun'),
    ...problems(
      'messageLimitReached',
      'githubAccessLost',
      'githubForbidden',
      'githubUnavailable',
      ...BODY_PROBLEMS,
      ...TOKEN_PROBLEMS,
    ),
  },
});

const resumeDagRoute = createRoute({
  method: 'post',
  path: '/resume-dag/{executionId}',
  operationId: 'resumeDag',
  tags,
  summary:
    'Let a suspended execution go on, or take up a failed one where it failed; what completed is not done again',
  ...needs('write'),
  request: { params },
  responses: begins(executionSchema, 'The execution', 'executionEnded'),
});

const listExecutionsRoute = createRoute({
  method: 'get',
  path: '/dag-executions',
  operationId: 'listDagExecutions',
  tags,
  summary: 'List executions of DAGs, newest first',
  ...needs('read'),
  request: {
    query: listQuery.extend({
      dagId: z.string().max(100).optional().openapi({ description: 'Only those of this DAG' }),
      status: executionStatus.optional().openapi({ description: 'Only those in this state' }),
    }),
  },
  responses: lists(executionSchema, 'A page of executions'),
});

const getExecutionRoute = createRoute({
  method: 'get',
  path: '/dag-executions/{executionId}',
  operationId: 'getDagExecution',
  tags,
  summary: 'An execution of a DAG',
  ...needs('read'),
  request: { params },
  responses: shows(executionSchema, 'The execution'),
});

const removeExecutionRoute = createRoute({
  method: 'delete',
  path: '/dag-executions/{executionId}',
  operationId: 'removeDagExecution',
  tags,
  summary: 'Delete an execution that is over; its runs stay',
  ...needs('write'),
  request: { params },
  responses: removes('It is gone', 'executionActive'),
});

const cancelExecutionRoute = createRoute({
  method: 'post',
  path: '/dag-executions/{executionId}/cancel',
  operationId: 'cancelDagExecution',
  tags,
  summary: 'Cancel an execution and all its runs',
  ...needs('write'),
  request: { params },
  responses: begins(executionSchema, 'The execution'),
});

const pauseExecutionRoute = createRoute({
  method: 'post',
  path: '/dag-executions/{executionId}/pause',
  operationId: 'pauseDagExecution',
  tags,
  summary: 'Pause an execution: nothing begins, and its runs pause at their next commit',
  ...needs('write'),
  request: { params },
  responses: begins(executionSchema, 'The execution'),
});

const listSubStepsRoute = createRoute({
  method: 'get',
  path: '/dag-executions/{executionId}/sub-steps',
  operationId: 'listSubSteps',
  tags,
  summary: 'List the nodes of an execution in the order of the DAG, with their runs and what came of them',
  ...needs('read'),
  request: { params, query: listQuery },
  responses: lists(subStepSchema, 'A page of nodes'),
});

/** Executions of jobs in parts. */
export const dagExecutions = (context: Context) =>
  router()
    .openapi(executeDagRoute, async (c) => {
      const { organisationId, userId } = c.get('actor');
      const { dagId, dag, params, parallelism } = c.req.valid('json');
      if ((dagId === undefined) === (dag === undefined)) {
        throw invalidField('body.dagId', 'Give either dagId or dag.');
      }
      const acting = scoped(c, context);
      const of = dag ? { definition: dag } : { dagId: dagId ?? '' };
      const execution = await outlive(
        c,
        executeDag(acting, { organisationId, userId, of, params, parallelism }),
      );
      c.header('location', `${BASE_PATH}/dag-executions/${execution.id}`);
      return c.json(execution, 202);
    })
    .openapi(resumeDagRoute, async (c) =>
      c.json(await outlive(c, resumeExecution(scoped(c, context), within(c, c.req.valid('param')))), 202),
    )
    .openapi(listExecutionsRoute, async (c) => {
      const page = within(c, rowsAsked(c.req.valid('query')));
      return c.json(rowsFound(await listExecutions(context, page)), 200);
    })
    .openapi(getExecutionRoute, async (c) =>
      c.json(await getExecution(context, within(c, c.req.valid('param'))), 200),
    )
    .openapi(removeExecutionRoute, async (c) => {
      await outlive(c, removeExecution(context, within(c, c.req.valid('param'))));
      return c.body(null, 204);
    })
    .openapi(cancelExecutionRoute, async (c) =>
      c.json(await outlive(c, cancelExecution(scoped(c, context), within(c, c.req.valid('param')))), 202),
    )
    .openapi(pauseExecutionRoute, async (c) =>
      c.json(await outlive(c, pauseExecution(scoped(c, context), within(c, c.req.valid('param')))), 202),
    )
    .openapi(listSubStepsRoute, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const after =
        cursor === undefined ? undefined : readCursor(cursor, z.tuple([z.int().min(0).max(1_000)]))[0];
      const { items, next } = await listSubSteps(context, {
        ...within(c, c.req.valid('param')),
        limit,
        after,
      });
      return c.json({ data: items, nextCursor: next === null ? null : writeCursor([next]) }, 200);
    });
