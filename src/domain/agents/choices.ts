import { isKnownModel, PROVIDERS } from '../../models/providers.ts';
import { getTool, toolNames } from '../../tools/catalog.ts';
import type { Policies } from '../../tools/policy.ts';
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
    if (!toolNames.includes(name)) {
      throw invalidField(`body.policies.${name}`, `"${name}" is no tool; see GET /tools.`);
    }
  }
}

/** @throws {AppError} validationFailed for a provider that is not connected or a model it does not have */
export function checkModel(provider: string, model: string): void {
  if (!PROVIDERS.some((name) => name === provider)) {
    throw invalidField('body.provider', `Use one of: ${PROVIDERS.join(', ')}.`);
  }
  if (!isKnownModel(provider, model)) {
    throw invalidField('body.model', `${provider} has no model "${model}" that Cadence knows the price of.`);
  }
}
