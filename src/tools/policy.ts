import { canonicalJson } from '../canonical-json.ts';
import type { ValidatedCall } from './execute.ts';

/** What an agent may do with a tool: run it, ask its user first, or not at all. */
export const POLICIES = ['always', 'ask', 'never'] as const;
export type Policy = (typeof POLICIES)[number];

/** An agent's policies by tool; for one that is not named the tool's own default holds. */
export type Policies = Readonly<Record<string, Policy>>;

export type Permission = 'run' | 'ask' | 'refuse';

/** Decides about a call before anything of its step is carried out. What some calls always ask for, no policy waives. */
export function permissionFor(call: ValidatedCall, policies: Policies): Permission {
  if (!call.ok) return 'run';
  switch (policies[call.tool.name] ?? call.tool.defaultPolicy ?? 'always') {
    case 'never':
      return 'refuse';
    case 'ask':
      // To be asked whether one may be asked helps nobody.
      return call.tool.question ? 'run' : 'ask';
    case 'always':
      return call.tool.alwaysAsks?.(call.input) ? 'ask' : 'run';
  }
}

/**
 * What an approval is bound to: the SHA-256, in hexadecimal, of a call's arguments as JSON with sorted keys.
 */
export async function hashArguments(input: Record<string, unknown>): Promise<string> {
  const bytes = new TextEncoder().encode(canonicalJson(input));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
