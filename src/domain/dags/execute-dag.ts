import { chooseParams } from '../../dag/check.ts';
import { type DagDefinition, DEFAULT_PARALLEL } from '../../dag/definition.ts';
import type { CheckedDag } from '../../engine/dag/find-problems.ts';
import { proceed } from '../../engine/dag/follow-node.ts';
import { DAG_SPEECH } from '../../engine/dag/speech.ts';
import { ENGINE_VERSION } from '../../engine/engine.ts';
import type { Agent } from '../../store/agents.ts';
import { createExecution } from '../../store/dag/create.ts';
import { type Execution, findExecution } from '../../store/dag-executions.ts';
import type { DagTemplate, DagTemplates } from '../../store/dag-types.ts';
import { chooseModel, chooseTools } from '../agents/choices.ts';
import { chooseBase } from '../agents/choose-base.ts';
import { DEFAULT_MAX_STEPS } from '../agents/create-agent.ts';
import type { Context } from '../context.ts';
import { madeBefore } from '../made-before.ts';
import { takeMessage } from '../messages/message-limit.ts';
import { toMicroUsd } from '../money.ts';
import { unknownOrganisation } from '../organisations/unknown-organisation.ts';
import { checkDefinition, refuse } from './check-definition.ts';
import { getDag } from './get-dag.ts';
import { getExecution } from './get-execution.ts';

interface ExecuteInput {
  organisationId: string;
  userId: string;
  /** A DAG that is kept, or a new one, which is kept with its first execution. */
  of: { dagId: string } | { definition: DagDefinition };
  params: Readonly<Record<string, unknown>>;
  /** How many nodes may be at work at the same time; else what the DAG says. */
  parallelism?: number | undefined;
}

/**
 * Begins an execution of a DAG. It keeps the DAG and the configuration of its agents as they are now, and the commit that each
 * repository's base branch is at.
 *
 * @throws {AppError} notFound, validationFailed, messageLimitReached, githubAccessLost, githubForbidden or githubUnavailable
 */
export async function executeDag(context: Context, input: ExecuteInput): Promise<Execution> {
  const { db, engine } = context;
  const { organisationId, of } = input;
  const dagId = 'dagId' in of ? of.dagId : context.newId('dag');
  const id = context.newId('execution');
  const before = await madeBefore(context, () => findExecution(db, organisationId, id));
  if (!before) await begin(context, { id, dagId }, input);
  await proceed(engine, id);
  return getExecution(context, { organisationId, executionId: id });
}

async function begin(
  context: Context,
  { id, dagId }: { id: string; dagId: string },
  input: ExecuteInput,
): Promise<void> {
  const { organisationId, userId, of } = input;
  const keeps = 'definition' in of ? of.definition : undefined;
  const dag: DagDefinition = keeps ?? (await getDag(context, { organisationId, dagId }));
  const checked = await checkDefinition(context, organisationId, dag, keeps ? 'body.dag' : 'dag');
  const { params, problems } = chooseParams(dag, input.params);
  refuse(problems, 'body.params');
  const templates = await chooseTemplates(context, userId, checked);
  await takeMessage(context, userId);
  const parallelism = input.parallelism ?? dag.parallelism ?? DEFAULT_PARALLEL;
  const created = await createExecution(context.db, {
    id,
    organisationId,
    dagId,
    keeps,
    userId,
    traceId: context.origin?.traceId ?? null,
    name: dag.name,
    params,
    templates,
    engineVersion: ENGINE_VERSION,
    parallelism,
    nodes: dag.nodes.map((node) => ({
      nodeId: node.id,
      definition: { ...node, ...withAgent(node.agentId ?? dag.agentId) },
      failFast: (node.onFailure ?? dag.onFailure ?? 'failFast') === 'failFast',
      retries: node.retries ?? 0,
      waitsFor: checked.dependencies.get(node.id) ?? [],
    })),
    speech: DAG_SPEECH['execution.queued'] ?? null,
  });
  if (created) return;
  if (keeps) throw unknownOrganisation();
  // Only a DAG that was deleted meanwhile gives none.
  await getDag(context, { organisationId, dagId });
}

const withAgent = (agentId: string | undefined) => (agentId === undefined ? {} : { agentId });

async function chooseTemplates(
  context: Context,
  userId: string,
  { agents }: CheckedDag,
): Promise<DagTemplates> {
  const { provider, model } = chooseModel(context, {});
  const chosen: DagTemplates = {
    '': {
      agentId: null,
      instructions: null,
      provider,
      model,
      fallbacks: [],
      tools: chooseTools(undefined, false),
      policies: {},
      mcpServers: [],
      maxSteps: DEFAULT_MAX_STEPS,
      maxCostMicroUsd: null,
      maxDurationSeconds: null,
      repository: null,
      baseBranch: null,
      baseSha: null,
    },
  };
  for (const agent of agents.values()) chosen[agent.id] = await templateOf(context, userId, agent);
  return chosen;
}

async function templateOf(context: Context, userId: string, agent: Agent): Promise<DagTemplate> {
  const base = await chooseBase(context, {
    userId,
    repository: agent.repository ?? undefined,
    baseBranch: agent.baseBranch ?? undefined,
  });
  return {
    ...base,
    agentId: agent.id,
    instructions: agent.instructions,
    provider: agent.provider,
    model: agent.model,
    fallbacks: agent.fallbacks,
    tools: agent.tools,
    policies: agent.policies,
    mcpServers: agent.mcpServers,
    maxSteps: agent.maxSteps,
    maxCostMicroUsd: toMicroUsd(agent.maxCostUsd) ?? null,
    maxDurationSeconds: agent.maxDurationSeconds,
  };
}
