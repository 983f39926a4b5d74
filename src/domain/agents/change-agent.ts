import { type Agent, type AgentChanges, updateAgent } from '../../store/agents.ts';
import type { Context } from '../context.ts';
import { toMicroUsd } from '../money.ts';
import { checkKeys } from './check-key.ts';
import { checkFallbacks, checkModel, checkPolicies, chooseServers, chooseTools } from './choices.ts';
import { archivedAgent, getAgent } from './get-agent.ts';

/**
 * Changes what an agent's next run begins with. A run under way keeps what it has.
 *
 * @throws {AppError} notFound, agentArchived or validationFailed
 */
export async function changeAgent(
  context: Context,
  {
    organisationId,
    agentId,
    maxCostUsd,
    ...changes
  }: Omit<AgentChanges, 'maxCostMicroUsd'> & {
    organisationId: string;
    agentId: string;
    maxCostUsd?: number | null | undefined;
  },
): Promise<Agent> {
  const agent = await getAgent(context, { organisationId, agentId });
  const { provider, model, tools, instructions } = changes;
  if (provider !== undefined || model !== undefined) {
    checkModel(context, provider ?? agent.provider, model ?? agent.model);
  }
  if (changes.fallbacks) checkFallbacks(context, changes.fallbacks);
  await checkKeys(context, { agentId }, { provider, fallbacks: changes.fallbacks });
  if (changes.policies) checkPolicies(changes.policies);
  const mcpServers = changes.mcpServers && (await chooseServers(context, organisationId, changes.mcpServers));
  const updated = await updateAgent(context.db, organisationId, agentId, {
    ...changes,
    mcpServers,
    maxCostMicroUsd: toMicroUsd(maxCostUsd),
    instructions: instructions === undefined ? undefined : instructions || null,
    tools: tools && chooseTools(tools, agent.repository !== null),
  });
  if (!updated) throw archivedAgent();
  return getAgent(context, { organisationId, agentId });
}
