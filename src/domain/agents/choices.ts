import { isProvider, PROVIDERS } from '../../models/catalogue.ts';
import { knownServers } from '../../store/mcp-servers.ts';
import type { ModelChoice } from '../../store/states.ts';
import { getTool, toolNames } from '../../tools/catalog.ts';
import { isRemoteName } from '../../tools/mcp/tool-name.ts';
import type { Policies } from '../../tools/policy.ts';
import type { Context } from '../context.ts';
import { invalidField } from '../errors.ts';

/** Some tools have nothing to act on without a repository. */
const isOfUse = (name: string, hasRepository: boolean) => hasRepository || !getTool(name)?.needsRepository;

/**
 * The tools of an agent: those named, each once, or all that make sense for it, save those that must be named.
 *
 * @throws {AppError} validationFailed naming the tool
 */
export function chooseTools(named: readonly string[] | undefined, hasRepository: boolean): string[] {
  if (named === undefined) {
    return toolNames.filter((name) => !getTool(name)?.onlyByName && isOfUse(name, hasRepository));
  }
  named.forEach((name, at) => {
    if (!toolNames.includes(name))
      throw invalidField(`body.tools.${at}`, `"${name}" is no tool; see GET /tools.`);
    if (!isOfUse(name, hasRepository)) {
      throw invalidField(`body.tools.${at}`, `"${name}" needs an agent with a repository.`);
    }
  });
  return [...new Set(named)];
}

/** @throws {AppError} validationFailed naming a policy for what is no tool */
export function checkPolicies(policies: Policies): void {
  for (const name of Object.keys(policies)) {
    if (!toolNames.includes(name) && !isRemoteName(name)) {
      throw invalidField(`body.policies.${name}`, `"${name}" is no tool; see GET /tools.`);
    }
  }
}

/**
 * The provider and model of an agent: those named, or what the deployment gives one that names none.
 *
 * @throws {AppError} validationFailed as `checkModel`
 */
export function chooseModel(
  context: Pick<Context, 'catalogue' | 'settings'>,
  named: { provider?: string | undefined; model?: string | undefined },
): { provider: string; model: string } {
  const { settings } = context;
  const provider = named.provider ?? settings.provider;
  const model = named.model ?? (isProvider(provider) ? settings.defaultModels[provider] : '');
  checkModel(context, provider, model);
  return { provider, model };
}

/** @throws {AppError} validationFailed naming a fallback that there is not */
export function checkFallbacks(context: Pick<Context, 'catalogue'>, fallbacks: readonly ModelChoice[]): void {
  fallbacks.forEach(({ provider, model }, at) => {
    if (!context.catalogue.find(provider, model)) {
      throw invalidField(`body.fallbacks.${at}`, `${provider} has no model "${model}"; see GET /models.`);
    }
  });
}

/** @throws {AppError} validationFailed for a provider that is not known or a model it does not have */
export function checkModel({ catalogue }: Pick<Context, 'catalogue'>, provider: string, model: string): void {
  if (!isProvider(provider)) {
    throw invalidField('body.provider', `Use one of: ${PROVIDERS.join(', ')}.`);
  }
  if (!catalogue.find(provider, model)) {
    throw invalidField('body.model', `${provider} has no model "${model}" that Cadence knows the price of.`);
  }
}

/**
 * The remote servers of an agent, each once.
 *
 * @throws {AppError} validationFailed naming one that the organisation does not have
 */
export async function chooseServers(
  { db }: Pick<Context, 'db'>,
  organisationId: string,
  named: readonly string[],
): Promise<string[]> {
  if (named.length === 0) return [];
  const known = await knownServers(db, organisationId, named);
  const at = named.findIndex((id) => !known.includes(id));
  if (at >= 0)
    throw invalidField(`body.mcpServers.${at}`, 'There is no such MCP server; see GET /mcp-servers.');
  return [...new Set(named)];
}
