import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { changeDag } from '../../domain/dags/change-dag.ts';
import { createDag } from '../../domain/dags/create-dag.ts';
import { getDag } from '../../domain/dags/get-dag.ts';
import { listDags } from '../../domain/dags/list-dags.ts';
import { removeDag } from '../../domain/dags/remove-dag.ts';
import { needs } from '../access.ts';
import { changesTo, lists, makes, removes, shows } from '../answers.ts';
import { createRoute, jsonBody, router } from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listQuery, rowsAsked, rowsFound } from '../pagination.ts';
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { within } from '../within.ts';
import { dagChangesSchema, dagSchema, newDagSchema } from './dag-schema.ts';

const tags: ['dags'] = ['dags'];
const params = z.object({ dagId: inPath.dagId });

const createDagRoute = createRoute({
  method: 'post',
  path: '/dags',
  operationId: 'createDag',
  tags,
  summary: 'Keep a DAG that was written by hand',
  ...needs('write'),
  request: { body: jsonBody(newDagSchema) },
  responses: makes(dagSchema, 'The DAG'),
});

const listDagsRoute = createRoute({
  method: 'get',
  path: '/dags',
  operationId: 'listDags',
  tags,
  summary: 'List your DAGs, newest first',
  ...needs('read'),
  request: { query: listQuery },
  responses: lists(dagSchema, 'A page of DAGs'),
});

const getDagRoute = createRoute({
  method: 'get',
  path: '/dags/{dagId}',
  operationId: 'getDag',
  tags,
  summary: 'A DAG',
  ...needs('read'),
  request: { params },
  responses: shows(dagSchema, 'The DAG'),
});

const changeDagRoute = createRoute({
  method: 'patch',
  path: '/dags/{dagId}',
  operationId: 'changeDag',
  tags,
  summary: 'Change a DAG; executions keep what they began with',
  ...needs('write'),
  request: { params, body: jsonBody(dagChangesSchema) },
  responses: changesTo(dagSchema, 'The DAG'),
});

const removeDagRoute = createRoute({
  method: 'delete',
  path: '/dags/{dagId}',
  operationId: 'removeDag',
  tags,
  summary: 'Delete a DAG that has no executions',
  ...needs('write'),
  request: { params },
  responses: removes('It is gone', 'dagInUse'),
});

/** Jobs in parts, as they are written down. What becomes of them stands in `dag-executions.ts`. */
export const dags = (context: Context) =>
  router()
    .openapi(createDagRoute, async (c) => {
      const { organisationId, userId } = c.get('actor');
      const input = { organisationId, userId, definition: c.req.valid('json') };
      const dag = await outlive(c, createDag(scoped(c, context), input));
      c.header('location', `${BASE_PATH}/dags/${dag.id}`);
      return c.json(dag, 201);
    })
    .openapi(listDagsRoute, async (c) => {
      const page = within(c, rowsAsked(c.req.valid('query')));
      return c.json(rowsFound(await listDags(context, page)), 200);
    })
    .openapi(getDagRoute, async (c) => c.json(await getDag(context, within(c, c.req.valid('param'))), 200))
    .openapi(changeDagRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const input = { organisationId, ...c.req.valid('param'), changes: c.req.valid('json') };
      return c.json(await changeDag(context, input), 200);
    })
    .openapi(removeDagRoute, async (c) => {
      await outlive(c, removeDag(context, within(c, c.req.valid('param'))));
      return c.body(null, 204);
    });
