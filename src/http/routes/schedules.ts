import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { changeSchedule } from '../../domain/schedules/change-schedule.ts';
import {
  controlSchedule,
  SCHEDULE_ACTIONS,
  type ScheduleAction,
} from '../../domain/schedules/control-schedule.ts';
import { createSchedule } from '../../domain/schedules/create-schedule.ts';
import { getSchedule } from '../../domain/schedules/get-schedule.ts';
import { listSchedules } from '../../domain/schedules/list-schedules.ts';
import { listSlots } from '../../domain/schedules/list-slots.ts';
import { removeSchedule } from '../../domain/schedules/remove-schedule.ts';
import { needs } from '../access.ts';
import {
  BODY_PROBLEMS,
  created,
  createRoute,
  json,
  jsonBody,
  problems,
  router,
  TOKEN_PROBLEMS,
} from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listOf, listQuery, readCursor, writeCursor } from '../pagination.ts';
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { within } from '../within.ts';
import { newScheduleSchema, scheduleChangesSchema, scheduleSchema, slotSchema } from './schedule-schema.ts';

const tags: ['goals'] = ['goals'];
const goalParams = z.object({ goalId: inPath.goalId });
const params = goalParams.extend({ scheduleId: inPath.scheduleId });

const createScheduleRoute = createRoute({
  method: 'post',
  path: '/goals/{goalId}/schedules',
  operationId: 'createSchedule',
  tags,
  summary: 'Have runs of a goal start by themselves',
  ...needs('write'),
  request: { params: goalParams, body: jsonBody(newScheduleSchema) },
  responses: {
    201: created(scheduleSchema, 'The schedule'),
    ...problems('notFound', 'goalArchived', 'schedulesFull', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const listSchedulesRoute = createRoute({
  method: 'get',
  path: '/goals/{goalId}/schedules',
  operationId: 'listSchedules',
  tags,
  summary: "List a goal's schedules, newest first; all are on one page",
  ...needs('read'),
  request: { params: goalParams },
  responses: {
    200: json(listOf(scheduleSchema), 'The schedules'),
    ...problems('notFound', ...TOKEN_PROBLEMS),
  },
});

const getScheduleRoute = createRoute({
  method: 'get',
  path: '/goals/{goalId}/schedules/{scheduleId}',
  operationId: 'getSchedule',
  tags,
  summary: 'A schedule, and when it is fired next',
  ...needs('read'),
  request: { params },
  responses: { 200: json(scheduleSchema, 'The schedule'), ...problems('notFound', ...TOKEN_PROBLEMS) },
});

const changeScheduleRoute = createRoute({
  method: 'patch',
  path: '/goals/{goalId}/schedules/{scheduleId}',
  operationId: 'changeSchedule',
  tags,
  summary: 'Change when a schedule is due and what it starts',
  ...needs('write'),
  request: { params, body: jsonBody(scheduleChangesSchema) },
  responses: {
    200: json(scheduleSchema, 'The schedule'),
    ...problems('notFound', 'goalArchived', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const removeScheduleRoute = createRoute({
  method: 'delete',
  path: '/goals/{goalId}/schedules/{scheduleId}',
  operationId: 'removeSchedule',
  tags,
  summary: 'Remove a schedule and the record of its slots; its runs go on',
  ...needs('write'),
  request: { params },
  responses: { 204: { description: 'It is gone' }, ...problems('notFound', ...TOKEN_PROBLEMS) },
});

const SUMMARIES: Readonly<Record<ScheduleAction, string>> = {
  pause: 'Pause a schedule: its slots pass by',
  resume: 'Let a paused schedule go on from its next slot, its failures forgotten',
};

const controlScheduleRoute = (action: ScheduleAction) =>
  createRoute({
    method: 'post',
    path: `/goals/{goalId}/schedules/{scheduleId}/${action}`,
    operationId: `${action}Schedule`,
    tags,
    summary: SUMMARIES[action],
    ...needs('write'),
    request: { params },
    responses: {
      200: json(scheduleSchema, 'The schedule as it is then'),
      ...problems('notFound', 'goalArchived', 'validationFailed', ...TOKEN_PROBLEMS),
    },
  });

const listSlotsRoute = createRoute({
  method: 'get',
  path: '/goals/{goalId}/schedules/{scheduleId}/slots',
  operationId: 'listSlots',
  tags,
  summary: "List what became of a schedule's slots in the last 30 days, newest first",
  ...needs('read'),
  request: { params, query: listQuery },
  responses: {
    200: json(listOf(slotSchema), 'A page of slots'),
    ...problems('notFound', 'validationFailed', ...TOKEN_PROBLEMS),
  },
});

/** A time that PostgreSQL knows. */
const SLOT_POSITION = z.tuple([z.iso.datetime({ precision: 3 }).regex(/^[12]/)]);

/** When runs of goals start by themselves. */
export function schedules(context: Context) {
  const routes = router();
  for (const action of SCHEDULE_ACTIONS) {
    routes.openapi(controlScheduleRoute(action), async (c) =>
      c.json(await outlive(c, controlSchedule(context, within(c, c.req.valid('param')), action)), 200),
    );
  }
  return routes
    .openapi(createScheduleRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const input = { organisationId, ...c.req.valid('param'), ...c.req.valid('json') };
      const schedule = await outlive(c, createSchedule(scoped(c, context), input));
      c.header('location', `${BASE_PATH}/goals/${schedule.goalId}/schedules/${schedule.id}`);
      return c.json(schedule, 201);
    })
    .openapi(listSchedulesRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const data = await listSchedules(context, { organisationId, ...c.req.valid('param') });
      return c.json({ data, nextCursor: null }, 200);
    })
    .openapi(getScheduleRoute, async (c) =>
      c.json(await getSchedule(context, within(c, c.req.valid('param'))), 200),
    )
    .openapi(changeScheduleRoute, async (c) => {
      const changes = c.req.valid('json');
      return c.json(await outlive(c, changeSchedule(context, within(c, c.req.valid('param')), changes)), 200);
    })
    .openapi(removeScheduleRoute, async (c) => {
      await outlive(c, removeSchedule(context, within(c, c.req.valid('param'))));
      return c.body(null, 204);
    })
    .openapi(listSlotsRoute, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const [before] = cursor === undefined ? [null] : readCursor(cursor, SLOT_POSITION);
      const page = { ...within(c, c.req.valid('param')), limit, before };
      const { items, next } = await listSlots(context, page);
      return c.json({ data: items, nextCursor: next === null ? null : writeCursor([next]) }, 200);
    });
}
