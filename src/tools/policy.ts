import { canonicalJson } from '../canonical-json.ts';
import type { Taint } from '../store/runs/taint.ts';
import type { AskedBecause } from '../store/states.ts';
import type { ValidatedCall } from './execute.ts';
import { isEgress, type Tool } from './tool.ts';

/** What an agent may do with a tool: run it, ask its user first, or not at all. */
export const POLICIES = ['always', 'ask', 'never'] as const;
export type Policy = (typeof POLICIES)[number];

/** An agent's policies by tool; for one that is not named the tool's own default holds. */
export type Policies = Readonly<Record<string, Policy>>;

/** What becomes of a call; why its user is asked, where they are. */
export type Permission = { kind: 'run' } | { kind: 'ask'; because: AskedBecause } | { kind: 'refuse' };

const RUN: Permission = { kind: 'run' };

/**
 * Decides about a call before anything of its step is carried out. What some calls always ask for, no policy waives; nor that a
 * run asks which has read what is private and what strangers wrote: these may have told its model to carry that away.
 *
 * @param taint what the model had read when it asked for the call
 */
export function permissionFor(call: ValidatedCall, policies: Policies, taint: Taint): Permission {
  if (!call.ok) return RUN;
  const { tool, input } = call;
  const policy = policies[tool.name] ?? defaultFor(tool, input);
  if (policy === 'never') return { kind: 'refuse' };
  if (taint.private && taint.untrusted && isEgress(tool, input)) return { kind: 'ask', because: 'egress' };
  if (tool.alwaysAsks?.(input)) return { kind: 'ask', because: 'workflow' };
  // To be asked whether one may be asked helps nobody.
  return policy === 'ask' && !tool.question ? { kind: 'ask', because: 'policy' } : RUN;
}

const defaultFor = (tool: Tool, input: unknown): Policy =>
  tool.asksByDefault?.(input) ? 'ask' : (tool.defaultPolicy ?? 'always');

/**
 * What an approval is bound to: the SHA-256, in hexadecimal, of a call's arguments as JSON with sorted keys.
 */
export async function hashArguments(input: Record<string, unknown>): Promise<string> {
  const bytes = new TextEncoder().encode(canonicalJson(input));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
