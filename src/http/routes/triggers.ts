import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { changeTrigger } from '../../domain/triggers/change-trigger.ts';
import { createTrigger, DEFAULT_SETTINGS, type Trigger } from '../../domain/triggers/create-trigger.ts';
import { getTrigger } from '../../domain/triggers/get-trigger.ts';
import { listTriggers } from '../../domain/triggers/list-triggers.ts';
import { removeTrigger } from '../../domain/triggers/remove-trigger.ts';
import { needs } from '../access.ts';
import { changesTo, makes, removes, shows } from '../answers.ts';
import {
  createRoute,
  GITHUB_PROBLEMS,
  json,
  jsonBody,
  problems,
  router,
  TOKEN_PROBLEMS,
} from '../contract.ts';
import { durationLimit, usdLimit } from '../limits.ts';
import { outlive } from '../outlive.ts';
import { listOf } from '../pagination.ts';
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { someText } from '../text.ts';
import { within } from '../within.ts';
import { BRANCH, fallbacksSchema, policiesSchema, repositoryName } from './agents.ts';

const tags: ['triggers'] = ['triggers'];
const params = z.object({ triggerId: inPath.triggerId });

/** What agents start on, and what is told to them. */
const on = {
  issueLabel: someText(200)
    .refine((value) => value.length <= 50, { error: 'longer than 50 characters' })
    .nullable()
    .openapi({
      example: 'cadence',
      description: 'The label that starts an agent for its issue; null for none',
    }),
  mention: z
    .string()
    .regex(/^@[A-Za-z0-9][A-Za-z0-9-]{0,38}$/, 'a word such as "@cadence"')
    .nullable()
    .openapi({
      example: '@cadence',
      description: 'The word in a comment that starts an agent, or tells the one there is; null for none',
    }),
  review: z.boolean().openapi({ description: "Whether a review of an agent's pull request is said to it" }),
  failedCheck: z
    .boolean()
    .openapi({ description: 'Whether it is to mend checks that fail there, three times at most' }),
  mergeOrClose: z
    .boolean()
    .openapi({ description: 'Whether the end of the pull request ends what the agent is at' }),
};

const who = {
  permission: z.enum(['write', 'admin', 'listed']).openapi({
    description:
      'What somebody must be allowed on GitHub to start agents or to be heard by them; `listed` for only `logins`',
  }),
  logins: z
    .array(z.string().regex(/^[\w-]{1,100}(\[bot\])?$/, 'a GitHub login'))
    .max(100)
    .openapi({ example: ['octocat'], description: 'Who may besides; bots only so' }),
};

/** As a new agent gets it, where it is given. */
const agentSchema = z
  .strictObject({
    baseBranch: z.string().regex(BRANCH, 'the name of a branch').optional(),
    instructions: someText(32_000).optional(),
    provider: z.string().max(100).optional(),
    model: z.string().max(200).optional(),
    fallbacks: fallbacksSchema.optional(),
    tools: z.array(z.string().max(100)).max(100).optional(),
    policies: policiesSchema.optional(),
    maxSteps: z.int().min(1).max(1000).optional(),
    maxCostUsd: usdLimit().optional(),
    maxDurationSeconds: durationLimit().optional(),
  })
  .openapi('TriggerAgent', { description: 'What agents get; the rest is as for any new one' });

const triggerSchema = z
  .object({
    id: z.string().openapi({ example: 'trigger_01h455vb4pex5vsknk084sn02q' }),
    repository: z.string().openapi({ example: 'octocat/hello-world' }),
    userId: z.string().openapi({ description: 'Who made it. Its agents work on GitHub as they' }),
    on: z.object(on),
    who: z.object(who),
    agent: agentSchema,
    hookId: z
      .int()
      .nullable()
      .openapi({ description: "GitHub's id of the webhook that was made; null for one made by hand" }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Trigger');

const changes = {
  on: z.strictObject(on).partial().default({}),
  who: z.strictObject(who).partial().default({}),
};

const newTrigger = z
  .strictObject({
    ...changes,
    repository: repositoryName,
    agent: agentSchema.default({}),
    createHook: z.boolean().default(true).openapi({
      description:
        'Adds the webhook to the repository, which takes who administers it. Else make one for `/api/v1/webhooks/github`',
    }),
  })
  .openapi('NewTrigger');

const createTriggerRoute = createRoute({
  method: 'post',
  path: '/triggers',
  operationId: 'createTrigger',
  tags,
  summary: 'Let agents start by themselves on what happens in a repository',
  ...needs('manage'),
  request: { body: jsonBody(newTrigger) },
  responses: makes(triggerSchema, 'The trigger', 'triggerExists', ...GITHUB_PROBLEMS),
});

const listTriggersRoute = createRoute({
  method: 'get',
  path: '/triggers',
  operationId: 'listTriggers',
  tags,
  summary: 'List the triggers of the organisation, by repository; all are on one page',
  ...needs('manage'),
  responses: { 200: json(listOf(triggerSchema), 'The triggers'), ...problems(...TOKEN_PROBLEMS) },
});

const getTriggerRoute = createRoute({
  method: 'get',
  path: '/triggers/{triggerId}',
  operationId: 'getTrigger',
  tags,
  summary: 'A trigger',
  ...needs('manage'),
  request: { params },
  responses: shows(triggerSchema, 'The trigger'),
});

const changeTriggerRoute = createRoute({
  method: 'patch',
  path: '/triggers/{triggerId}',
  operationId: 'changeTrigger',
  tags,
  summary: 'Change on what agents start, who may start them, and what they get',
  ...needs('manage'),
  request: {
    params,
    body: jsonBody(z.strictObject({ ...changes, agent: agentSchema.optional() }).openapi('TriggerChanges')),
  },
  responses: changesTo(triggerSchema, 'The trigger'),
});

const removeTriggerRoute = createRoute({
  method: 'delete',
  path: '/triggers/{triggerId}',
  operationId: 'removeTrigger',
  tags,
  summary: 'Remove a trigger and the webhook it made; agents that it started go on',
  ...needs('manage'),
  request: { params },
  responses: removes('It is gone', 'githubForbidden', 'githubUnavailable'),
});

/** On what agents start without being told by a client. What GitHub says comes in through `webhooks.ts`. */
export const triggers = (context: Context) =>
  router()
    .openapi(createTriggerRoute, async (c) => {
      const { organisationId, userId } = c.get('actor');
      const { on, who, agent, repository, createHook } = c.req.valid('json');
      const settings = { ...DEFAULT_SETTINGS, ...on, ...who, agent };
      const input = { organisationId, userId, repository, createHook, settings };
      const trigger = await outlive(c, createTrigger(scoped(c, context), input));
      c.header('location', `${BASE_PATH}/triggers/${trigger.id}`);
      return c.json(view(trigger), 201);
    })
    .openapi(listTriggersRoute, async (c) => {
      const found = await listTriggers(context, c.get('actor').organisationId);
      return c.json({ data: found.map(view), nextCursor: null }, 200);
    })
    .openapi(getTriggerRoute, async (c) =>
      c.json(view(await getTrigger(context, within(c, c.req.valid('param')))), 200),
    )
    .openapi(changeTriggerRoute, async (c) => {
      const { organisationId } = c.get('actor');
      const { on, who, agent } = c.req.valid('json');
      const input = {
        organisationId,
        ...c.req.valid('param'),
        changes: { ...on, ...who, ...(agent ? { agent } : {}) },
      };
      return c.json(view(await changeTrigger(context, input)), 200);
    })
    .openapi(removeTriggerRoute, async (c) => {
      await outlive(c, removeTrigger(context, within(c, c.req.valid('param'))));
      return c.body(null, 204);
    });

const view = ({ id, userId, repository, hookId, agent, createdAt, updatedAt, ...trigger }: Trigger) => {
  const { issueLabel, mention, review, failedCheck, mergeOrClose, permission, logins } = trigger;
  return {
    id,
    repository,
    userId,
    on: { issueLabel, mention, review, failedCheck, mergeOrClose },
    who: { permission, logins },
    agent,
    hookId,
    createdAt,
    updatedAt,
  };
};
