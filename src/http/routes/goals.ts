import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { changeGoal } from '../../domain/goals/change-goal.ts';
import { createGoal } from '../../domain/goals/create-goal.ts';
import { getGoal } from '../../domain/goals/get-goal.ts';
import { listGoals } from '../../domain/goals/list-goals.ts';
import { removeGoal } from '../../domain/goals/remove-goal.ts';
import { runGoal } from '../../domain/goals/run-goal.ts';
import { needs } from '../access.ts';
import { changesTo, lists, makes, removes, shows } from '../answers.ts';
import { createRoute, jsonBody, router } from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listQuery, rowsAsked, rowsFound } from '../pagination.ts';
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { within } from '../within.ts';
import { goalChangesSchema, goalSchema, goalStatuses, newGoalSchema, valuesSchema } from './goal-schema.ts';
import { runSchema } from './run-schema.ts';

const tags: ['goals'] = ['goals'];
const params = z.object({ goalId: inPath.goalId });

const createGoalRoute = createRoute({
  method: 'post',
  path: '/goals',
  operationId: 'createGoal',
  tags,
  summary: 'Save a prompt that runs of an agent are started from',
  ...needs('write'),
  request: { body: jsonBody(newGoalSchema) },
  responses: makes(goalSchema, 'The goal'),
});

const listGoalsRoute = createRoute({
  method: 'get',
  path: '/goals',
  operationId: 'listGoals',
  tags,
  summary: 'List your goals, newest first; the archived ones only when asked for',
  ...needs('read'),
  request: {
    query: listQuery.extend({
      status: z.enum(goalStatuses).optional().openapi({ description: 'Only those in this state' }),
    }),
  },
  responses: lists(goalSchema, 'A page of goals'),
});

const getGoalRoute = createRoute({
  method: 'get',
  path: '/goals/{goalId}',
  operationId: 'getGoal',
  tags,
  summary: 'A goal',
  ...needs('read'),
  request: { params },
  responses: shows(goalSchema, 'The goal', 'notFound'),
});

const changeGoalRoute = createRoute({
  method: 'patch',
  path: '/goals/{goalId}',
  operationId: 'changeGoal',
  tags,
  summary: "Change what a goal's next runs begin with, or pause and resume what it starts by itself",
  ...needs('write'),
  request: { params, body: jsonBody(goalChangesSchema) },
  responses: changesTo(goalSchema, 'The goal', 'notFound', 'goalArchived', 'scheduleUnfit'),
});

const removeGoalRoute = createRoute({
  method: 'delete',
  path: '/goals/{goalId}',
  operationId: 'archiveGoal',
  tags,
  summary: 'Archive a goal: nothing starts from it any more; its runs go on',
  ...needs('write'),
  request: { params },
  responses: removes('It is archived', 'notFound'),
});

const runGoalRoute = createRoute({
  method: 'post',
  path: '/goals/{goalId}/run',
  operationId: 'runGoal',
  tags,
  summary: 'Start a run of a goal, also while it is paused',
  ...needs('write'),
  request: {
    params,
    body: jsonBody(z.strictObject({ parameters: valuesSchema.default({}) }).openapi('GoalRun')),
  },
  responses: makes(
    runSchema,
    'The run',
    'notFound',
    'goalArchived',
    'agentArchived',
    'agentBusy',
    'messageLimitReached',
  ),
});

/** Saved prompts. When they start by themselves stands in `schedules.ts`. */
export const goals = (context: Context) =>
  router()
    .openapi(createGoalRoute, async (c) => {
      const { organisationId, userId } = c.get('actor');
      const input = { organisationId, userId, ...c.req.valid('json') };
      const goal = await outlive(c, createGoal(scoped(c, context), input));
      c.header('location', `${BASE_PATH}/goals/${goal.id}`);
      return c.json(goal, 201);
    })
    .openapi(listGoalsRoute, async (c) => {
      const page = within(c, rowsAsked(c.req.valid('query')));
      return c.json(rowsFound(await listGoals(context, page)), 200);
    })
    .openapi(getGoalRoute, async (c) => c.json(await getGoal(context, within(c, c.req.valid('param'))), 200))
    .openapi(changeGoalRoute, async (c) => {
      const input = { ...c.req.valid('json'), ...within(c, c.req.valid('param')) };
      return c.json(await outlive(c, changeGoal(context, input)), 200);
    })
    .openapi(removeGoalRoute, async (c) => {
      await outlive(c, removeGoal(context, within(c, c.req.valid('param'))));
      return c.body(null, 204);
    })
    .openapi(runGoalRoute, async (c) => {
      const { userId } = c.get('actor');
      const input = { userId, ...within(c, c.req.valid('param')), ...c.req.valid('json') };
      const run = await outlive(c, runGoal(scoped(c, context), input));
      c.header('location', `${BASE_PATH}/runs/${run.id}`);
      return c.json(run, 201);
    });
