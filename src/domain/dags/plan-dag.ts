import { cutText } from '../../cut-text.ts';
import { plannerInstructions } from '../../engine/dag/planner.ts';
import { type Agent, listAgents } from '../../store/agents.ts';
import type { Planning } from '../../store/dag-types.ts';
import { describeTools, getTool, toolNames } from '../../tools/catalog.ts';
import { createAgent } from '../agents/create-agent.ts';
import { getAgent } from '../agents/get-agent.ts';
import type { Context } from '../context.ts';
import { AppError, invalidField } from '../errors.ts';
import { type DagPlan, getPlan } from './get-plan.ts';

/** So many agents of the organisation are told to the model, the newest ones. */
const AGENTS_TOLD = 20;
/** Three tries, and room for what its user says to it. */
const MAX_STEPS = 20;
const LONGEST_NAME = 60;

interface PlanInput {
  organisationId: string;
  userId: string;
  goal: string;
  /** Whose configuration, repository and model the work gets. */
  agentId?: string | undefined;
  params: Readonly<Record<string, unknown>>;
}

/**
 * Lets a model plan a DAG: a run of an agent that is made for it, whose only tool takes the plan.
 *
 * @throws {AppError} validationFailed, messageLimitReached or notFound
 */
export async function planDag(context: Context, input: PlanInput): Promise<DagPlan> {
  const { organisationId, userId, goal, params } = input;
  const agent = input.agentId === undefined ? null : await chosen(context, organisationId, input.agentId);
  const { items } = await listAgents(context.db, {
    organisationId,
    status: undefined,
    limit: AGENTS_TOLD,
    after: undefined,
  });
  const tools = toolNames.filter((name) => {
    const needsNothing = !getTool(name)?.needsRepository || agent?.repository;
    return needsNothing && agent?.policies[name] !== 'never';
  });
  const planning: Planning = {
    dagId: context.newId('dag'),
    goal,
    agentId: agent?.id ?? null,
    params: { ...params },
  };
  const planner = await createAgent(context, {
    organisationId,
    userId,
    name: `Plan: ${cutText(goal.split('\n', 1)[0]?.trim() ?? '', LONGEST_NAME)}`,
    prompt: goal,
    instructions: plannerInstructions({
      tools: describeTools(tools),
      agent,
      agents: items.filter(({ id }) => id !== agent?.id),
      params,
    }),
    tools: [],
    maxSteps: MAX_STEPS,
    ...(agent ? { provider: agent.provider, model: agent.model } : {}),
    planning,
  });
  return getPlan(context, { organisationId, agentId: planner.id });
}

async function chosen(context: Context, organisationId: string, agentId: string): Promise<Agent> {
  try {
    const agent = await getAgent(context, { organisationId, agentId });
    if (agent.status !== 'archived') return agent;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'notFound') throw error;
  }
  throw invalidField('body.agent', 'There is no such agent, or it is archived.');
}
