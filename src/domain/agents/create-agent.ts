import { cutText } from '../../cut-text.ts';
import type { OutputSchema } from '../../output-schema/output-schema.ts';
import { type Agent, findAgent } from '../../store/agents.ts';
import type { Planning } from '../../store/dag-types.ts';
import type { Along } from '../../store/runs/along.ts';
import { createAgent as insertAgent } from '../../store/runs/start.ts';
import type { AgentKind, ModelChoice, PushTo } from '../../store/states.ts';
import type { Policies } from '../../tools/policy.ts';
import type { Context } from '../context.ts';
import { madeBefore } from '../made-before.ts';
import { takeMessage } from '../messages/message-limit.ts';
import { toMicroUsd } from '../money.ts';
import { unknownOrganisation } from '../organisations/unknown-organisation.ts';
import { newRun } from '../runs/new-run.ts';
import { tellOfStart } from '../runs/tell.ts';
import { checkFree } from './check-free.ts';
import { checkKeys } from './check-key.ts';
import { checkFallbacks, checkPolicies, chooseModel, chooseServers, chooseTools } from './choices.ts';
import { chooseBase } from './choose-base.ts';
import { getAgent } from './get-agent.ts';

export const DEFAULT_MAX_STEPS = 200;
const LONGEST_NAME = 100;

export interface CreateAgentInput {
  organisationId: string;
  /** Who makes it: it works on GitHub as they. */
  userId: string;
  kind?: AgentKind | undefined;
  name?: string | undefined;
  /** Starts the first run; without it the agent waits for a message. */
  prompt?: string | undefined;
  instructions?: string | null | undefined;
  /** "owner/name" */
  repository?: string | undefined;
  baseBranch?: string | undefined;
  provider?: string | undefined;
  model?: string | undefined;
  tools?: readonly string[] | undefined;
  /** Models to ask, in order, while its own is away. */
  fallbacks?: readonly ModelChoice[] | undefined;
  /** By tool; a tool that is not named runs. */
  policies?: Policies | undefined;
  /** Ids of remote servers whose tools it gets. */
  mcpServers?: readonly string[] | undefined;
  maxSteps?: number | undefined;
  /** Limits of each run; none where null or left out. */
  maxCostUsd?: number | null | undefined;
  maxDurationSeconds?: number | null | undefined;
  /** What the results of its runs are held to. */
  outputSchema?: OutputSchema | null | undefined;
  /** Anybody may have written the prompt. */
  isUntrusted?: boolean | undefined;
  /** What its runs are to plan. */
  planning?: Planning | undefined;
  /** Where what its runs write is pushed when they end: a repository that does not exist. */
  pushTo?: PushTo | null | undefined;
  /** What else its statement does. */
  along?: ((agentId: string) => Along) | undefined;
}

/**
 * Creates an agent and, given a prompt, its first run.
 *
 * @throws {AppError} validationFailed, notFound, messageLimitReached, repositoryExists, githubAccessLost, githubForbidden or githubUnavailable; nothing is created then
 */
export async function createAgent(context: Context, input: CreateAgentInput): Promise<Agent> {
  const { agentId } = await startAgent(context, input);
  return getAgent(context, { organisationId: input.organisationId, agentId });
}

/**
 * The same for who wants no more than their ids.
 *
 * @throws {AppError} as `createAgent`
 */
export async function startAgent(
  context: Context,
  input: CreateAgentInput,
): Promise<{ agentId: string; runId: string | null }> {
  const { organisationId, prompt } = input;
  const agentId = context.newId('agent');
  const run =
    prompt === undefined ? null : { ...newRun(context, agentId, prompt), isUntrusted: input.isUntrusted };
  const isMade = await madeBefore(context, () => findAgent(context.db, organisationId, agentId));
  if (!isMade) await insert(context, agentId, run, input);
  if (run) await tellOfStart(context, run);
  return { agentId, runId: run?.runId ?? null };
}

async function insert(
  context: Context,
  agentId: string,
  run: ReturnType<typeof newRun> | null,
  input: CreateAgentInput,
): Promise<void> {
  const { db, newId } = context;
  const { organisationId, userId, prompt } = input;
  const { policies = {} } = input;
  const { provider, model } = chooseModel(context, input);
  checkFallbacks(context, input.fallbacks ?? []);
  checkPolicies(policies);
  const tools = chooseTools(input.tools, input.repository !== undefined);
  await checkKeys(context, { userId }, { provider, fallbacks: input.fallbacks });
  const mcpServers = await chooseServers(context, organisationId, input.mcpServers ?? []);
  const { repository, baseBranch } = input;
  const base = await chooseBase(context, { userId, repository, baseBranch });
  if (input.pushTo) await checkFree(context, userId, input.pushTo.repository);

  if (run) await takeMessage(context, userId);
  const created = await insertAgent(
    db,
    {
      id: agentId,
      organisationId,
      userId,
      kind: input.kind,
      name: input.name ?? nameFor(prompt),
      instructions: input.instructions || null,
      provider,
      model,
      tools,
      fallbacks: input.fallbacks ?? [],
      policies,
      mcpServers,
      maxSteps: input.maxSteps ?? DEFAULT_MAX_STEPS,
      maxCostMicroUsd: toMicroUsd(input.maxCostUsd) ?? null,
      maxDurationSeconds: input.maxDurationSeconds ?? null,
      outputSchema: input.outputSchema,
      planning: input.planning ?? null,
      pushTo: input.pushTo ?? null,
      workspace: { id: newId('workspace'), branch: `cadence/${agentId}`, ...base },
    },
    run,
    input.along?.(agentId),
  );
  if (!created) throw unknownOrganisation();
}

/** The first line of what the agent is to do, whole characters only. */
function nameFor(prompt: string | undefined): string {
  const line = prompt?.split('\n', 1)[0]?.trim() ?? '';
  if (line.length <= LONGEST_NAME) return line || 'Agent';
  return `${cutText(line, LONGEST_NAME - 1)}…`;
}
