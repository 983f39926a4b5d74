import { z } from '@hono/zod-openapi';
import { changeAgent } from '../../domain/agents/change-agent.ts';
import { createAgent } from '../../domain/agents/create-agent.ts';
import { getAgent } from '../../domain/agents/get-agent.ts';
import { listAgents } from '../../domain/agents/list-agents.ts';
import { removeAgent } from '../../domain/agents/remove-agent.ts';
import type { Context } from '../../domain/context.ts';
import { POLICIES } from '../../tools/policy.ts';
import { needs } from '../access.ts';
import {
  BODY_PROBLEMS,
  created,
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
import { outputSchemaInput, outputSchemaShown } from '../output-schema.ts';
import { listOf, listQuery, rowsAsked, rowsFound } from '../pagination.ts';
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { someText, text } from '../text.ts';
import { within } from '../within.ts';
import { runSchema } from './run-schema.ts';

const tags: ['agents'] = ['agents'];
const params = z.object({ agentId: inPath.agentId });

export const agentStatus = z.enum(['idle', 'archived', 'queued', 'running', 'waiting', 'paused']);

export const policiesSchema = z.record(z.string().max(100), z.enum(POLICIES)).openapi({
  example: { commit: 'ask', open_pull_request: 'ask' },
  description: 'By tool: run it `always`, `ask` its user first, or `never`. A tool that is not named runs',
});

const FALLBACKS =
  'Models that are asked, in order, while its own is away; not when that refuses. Those without a key, and those that the conversation is too long for, are passed over';
const modelChoice = z.object({ provider: z.string(), model: z.string() });
export const fallbacksSchema = z
  .array(z.strictObject({ provider: z.string().max(100), model: z.string().max(200) }))
  .max(5)
  .openapi({ description: FALLBACKS, example: [{ provider: 'openai', model: 'gpt-6-sol' }] });

export const agentSchema = z
  .object({
    id: z.string().openapi({ example: 'agent_01h455vb4pex5vsknk084sn02q' }),
    kind: z.enum(['agent', 'generator']).openapi({ description: 'Its own, or the one behind jobs' }),
    name: z.string(),
    instructions: z.string().nullable(),
    repository: z.string().nullable().openapi({ example: 'octocat/hello-world' }),
    baseBranch: z.string().nullable(),
    branch: z.string().nullable().openapi({ description: 'Where its commits go; null without a repository' }),
    provider: z.string(),
    model: z.string(),
    fallbacks: z.array(modelChoice).openapi({ description: FALLBACKS }),
    tools: z.array(z.string()),
    policies: policiesSchema,
    mcpServers: z.array(z.string()).openapi({ description: 'Remote MCP servers whose tools it gets' }),
    maxSteps: z.int(),
    forkedFrom: z
      .object({ agentId: z.string(), runId: z.string(), stepNo: z.int() })
      .nullable()
      .openapi({ description: 'The step of another agent from which this one goes its own way' }),
    maxCostUsd: z.number().nullable().openapi({ description: 'Of each run; null for no limit' }),
    maxDurationSeconds: z
      .int()
      .nullable()
      .openapi({ description: 'Of each run, waits and pauses not counted; null for no limit' }),
    outputSchema: outputSchemaShown,
    status: agentStatus.openapi({ description: "`idle`, `archived`, or its active run's" }),
    // Not `nullable()`: the document would then say of every Run that it may be null.
    activeRun: z.union([runSchema, z.null()]),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Agent');

export const agentName = someText(400).refine((value) => value.length <= 100, {
  error: 'longer than 100 characters',
});

/** What an agent is asked for anew with each run. */
const changeable = {
  name: agentName.optional(),
  instructions: text(32_000).nullable().optional(),
  provider: z.string().max(100).optional(),
  model: z.string().max(200).optional(),
  fallbacks: fallbacksSchema.optional(),
  tools: z.array(z.string().max(100)).max(100).optional(),
  policies: policiesSchema.optional(),
  mcpServers: z.array(z.string().max(100)).max(5).optional().openapi({
    description:
      'Ids of remote MCP servers whose tools it gets, as `mcp__<server>__<tool>`; each asks its user first, unless a policy says otherwise',
  }),
  maxSteps: z.int().min(1).max(1000).optional(),
  maxCostUsd: usdLimit().nullable().optional(),
  maxDurationSeconds: durationLimit().nullable().optional(),
  outputSchema: outputSchemaInput.nullable().optional(),
};

/** What Git allows as the name of a branch (git-check-ref-format), as far as a pattern can tell. */
export const BRANCH = /^(?![/-])(?!.*(?:\.\.|\/[/.]|@\{))[^\s~^:?*[\\]{1,255}(?<![/.])$/u;

export const repositoryName = z
  .string()
  .regex(/^[\w-]{1,100}\/(?!\.{1,2}$)[\w.-]{1,100}$/, 'a repository as "owner/name"');

export const newAgentSchema = z
  .strictObject({
    ...changeable,
    prompt: someText(100_000)
      .optional()
      .openapi({ description: 'Starts the first run; without it the agent waits for a message' }),
    repository: repositoryName.optional(),
    baseBranch: z.string().regex(BRANCH, 'the name of a branch').optional(),
  })
  .openapi('NewAgent');

const createAgentRoute = createRoute({
  method: 'post',
  path: '/agents',
  operationId: 'createAgent',
  tags,
  summary: 'Create an agent and, given a prompt, start its first run',
  ...needs('write'),
  request: { body: jsonBody(newAgentSchema) },
  responses: {
    201: created(agentSchema, 'The agent'),
    ...problems('messageLimitReached', ...BODY_PROBLEMS, ...GITHUB_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const listAgentsRoute = createRoute({
  method: 'get',
  path: '/agents',
  operationId: 'listAgents',
  tags,
  summary: 'List your agents, newest first; the archived ones only when asked for',
  ...needs('read'),
  request: {
    query: listQuery.extend({
      status: agentStatus.optional().openapi({ description: 'Only those in this state' }),
      kind: z.enum(['agent', 'generator']).default('agent').openapi({
        description: '`generator`: those behind jobs, which are not among the others',
      }),
      dagExecutionId: z.string().max(100).optional().openapi({
        description: 'Those that work for the nodes of this execution of a DAG, which are not listed else',
      }),
    }),
  },
  responses: {
    200: json(listOf(agentSchema), 'A page of agents'),
    ...problems('validationFailed', ...TOKEN_PROBLEMS),
  },
});

const getAgentRoute = createRoute({
  method: 'get',
  path: '/agents/{agentId}',
  operationId: 'getAgent',
  tags,
  summary: 'An agent and what it is at',
  ...needs('read'),
  request: { params },
  responses: { 200: json(agentSchema, 'The agent'), ...problems('notFound', ...TOKEN_PROBLEMS) },
});

const changeAgentRoute = createRoute({
  method: 'patch',
  path: '/agents/{agentId}',
  operationId: 'changeAgent',
  tags,
  summary: "Change what an agent's next run begins with",
  ...needs('write'),
  request: { params, body: jsonBody(z.strictObject(changeable).openapi('AgentChanges')) },
  responses: {
    200: json(agentSchema, 'The agent'),
    ...problems('notFound', 'agentArchived', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const removeAgentRoute = createRoute({
  method: 'delete',
  path: '/agents/{agentId}',
  operationId: 'archiveAgent',
  tags,
  summary: 'Archive an agent and cancel its active run',
  ...needs('write'),
  request: { params },
  responses: { 204: { description: 'It is archived' }, ...problems('notFound', ...TOKEN_PROBLEMS) },
});

/** The lasting workers. What one is told to do stands in `agent-work.ts`. */
export const agents = (context: Context) =>
  router()
    .openapi(createAgentRoute, async (c) => {
      const { organisationId, userId } = c.get('actor');
      const input = { organisationId, userId, ...c.req.valid('json') };
      const agent = await outlive(c, createAgent(scoped(c, context), input));
      c.header('location', `${BASE_PATH}/agents/${agent.id}`);
      return c.json(agent, 201);
    })
    .openapi(listAgentsRoute, async (c) => {
      const page = within(c, rowsAsked(c.req.valid('query')));
      return c.json(rowsFound(await listAgents(context, page)), 200);
    })
    .openapi(getAgentRoute, async (c) => {
      const { agentId } = c.req.valid('param');
      return c.json(await getAgent(context, { organisationId: c.get('actor').organisationId, agentId }), 200);
    })
    .openapi(changeAgentRoute, async (c) => {
      const { agentId } = c.req.valid('param');
      const input = { ...c.req.valid('json'), organisationId: c.get('actor').organisationId, agentId };
      return c.json(await changeAgent(context, input), 200);
    })
    .openapi(removeAgentRoute, async (c) => {
      const { agentId } = c.req.valid('param');
      await outlive(c, removeAgent(context, { organisationId: c.get('actor').organisationId, agentId }));
      return c.body(null, 204);
    });
