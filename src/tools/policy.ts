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
      return 'ask';
    case 'always':
      return call.tool.alwaysAsks?.(call.input) ? 'ask' : 'run';
  }
}

/**
 * What an approval is bound to: the SHA-256, in hexadecimal, of a call's arguments as JSON with sorted keys.
 */
export async function hashArguments(input: Record<string, unknown>): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(sortKeys(input)));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}
