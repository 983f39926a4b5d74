import { z } from '@hono/zod-openapi';
import { dagShape, paramsSchema } from '../../dag/definition.ts';
import type { Context } from '../../domain/context.ts';
import { awaitPlan } from '../../domain/dags/await-plan.ts';
import { getPlan } from '../../domain/dags/get-plan.ts';
import { planDag } from '../../domain/dags/plan-dag.ts';
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
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { dagSchema } from './dag-schema.ts';
import { runStatuses } from './run-schema.ts';

const tags: ['dags'] = ['dags'];

/** Phones and proxies give a silent request up after half a minute. */
const LONGEST_WAIT_SECONDS = 25;

const planSchema = z
  .object({
    id: z.string().openapi({
      description: 'That of its run, whose steps and events say how the model came to it',
      example: 'run_01h455vb4pex5vsknk084sn02q',
    }),
    agentId: z.string().openapi({ description: 'The agent that plans; it is in no list' }),
    goal: z.string(),
    status: z.enum(runStatuses),
    waitingFor: z.string().nullable(),
    dagId: z.string().nullable().openapi({ description: 'The DAG, once there is one' }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    problems: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .openapi({ description: 'What was wrong with the last plan that was handed in' }),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    statusUrl: z.string().openapi({ format: 'uri-reference' }),
  })
  .openapi('DagPlan');

const planDagRoute = createRoute({
  method: 'post',
  path: '/create-dag',
  operationId: 'planDag',
  tags,
  summary: 'Let the model plan a DAG for a goal',
  ...needs('write'),
  description:
    'A run of a planner is started, and its plan is checked as one that was written by hand; a bad one goes back to the model twice at the most. Answers with the DAG if there is one in time, else with the plan, which goes on: ask for it again at its `statusUrl`. Cancel it with its run.',
  request: {
    body: jsonBody(
      z
        .strictObject({
          // A copy: the original may be older than what gives schemas their `openapi`.
          goal: dagShape.goal
            .unwrap()
            .unwrap()
            .clone()
            .openapi({ description: 'What is to be done, in your words' }),
          agent: z.string().max(100).optional().openapi({
            description: 'The id of the agent whose configuration, model and repository the nodes get',
          }),
          params: paramsSchema.default({}).openapi({
            description: 'Values that the DAG is to take as parameters; they become the defaults',
          }),
          waitSeconds: z
            .int()
            .min(0)
            .max(LONGEST_WAIT_SECONDS)
            .default(LONGEST_WAIT_SECONDS)
            .openapi({ description: 'How long the answer may take' }),
        })
        .openapi('DagGoal', {
          example: { goal: 'Add a DELETE endpoint and document it', params: { path: '/todos/:id' } },
        }),
    ),
  },
  responses: {
    201: created(dagSchema, 'The DAG'),
    202: created(planSchema, 'The plan, which is under way'),
    ...problems('planInvalid', 'planFailed', 'messageLimitReached', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const getPlanRoute = createRoute({
  method: 'get',
  path: '/dag-plans/{planId}',
  operationId: 'getDagPlan',
  tags,
  summary: 'How the planning of a DAG goes',
  ...needs('read'),
  request: { params: z.object({ planId: inPath.planId }) },
  responses: { 200: json(planSchema, 'The plan'), ...problems(...TOKEN_PROBLEMS) },
});

const statusUrl = (planId: string) => `${BASE_PATH}/dag-plans/${planId}`;

/** DAGs that a model plans. What is kept then is one like any other. */
export const dagPlans = (context: Context) =>
  router()
    .openapi(planDagRoute, async (c) => {
      const actor = c.get('actor');
      const { organisationId, userId } = actor;
      const { goal, agent: agentId, params, waitSeconds } = c.req.valid('json');
      const input = { organisationId, userId, goal, agentId, params };
      const begun = await outlive(c, planDag(scoped(c, context), input));
      // What was begun is on record, whatever comes of it.
      c.set('act', { status: 202, object: { created: begun.id } });
      const outcome = await awaitPlan(context, begun, {
        actor,
        waitSeconds,
        signal: c.req.raw.signal,
        until: c.get('tokenExpiresAt'),
      });
      if ('dag' in outcome) {
        c.header('location', `${BASE_PATH}/dags/${outcome.dag.id}`);
        return c.json(outcome.dag, 201);
      }
      const { plan } = outcome;
      c.header('location', statusUrl(plan.id));
      return c.json({ ...plan, statusUrl: statusUrl(plan.id) }, 202);
    })
    .openapi(getPlanRoute, async (c) => {
      const { planId: runId } = c.req.valid('param');
      const plan = await getPlan(context, { organisationId: c.get('actor').organisationId, runId });
      return c.json({ ...plan, statusUrl: statusUrl(plan.id) }, 200);
    });
