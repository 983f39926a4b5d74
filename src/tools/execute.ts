import type { z } from 'zod';
import { getTool } from './catalog.ts';
import type { Tool } from './tool.ts';

/** A call that may be carried out, with its input as the tool reads it; or what the model has to mend. */
export type ValidatedCall = { ok: true; tool: Tool; input: unknown } | { ok: false; message: string };

/**
 * Checks a call that a model asked for.
 *
 * @param allowed the names of the tools the agent may use
 * @param find where they are found, if not in the catalogue
 */
export function validateCall(
  name: string,
  input: unknown,
  allowed: readonly string[],
  find: (name: string) => Tool | undefined = getTool,
): ValidatedCall {
  const tool = find(name);
  if (!tool || !allowed.includes(name)) {
    const known = tool ? 'is not among the tools of this agent' : 'is not a tool';
    return { ok: false, message: `"${name}" ${known}. Use one of: ${allowed.join(', ')}.` };
  }
  const parsed = tool.input.safeParse(input);
  if (parsed.success) return { ok: true, tool, input: parsed.data };
  const problems = parsed.error.issues.map(explainIssue).join('; ');
  return { ok: false, message: `The input of ${name} does not fit: ${problems}.` };
}

/** Names the field as a program would ("steps[0].title") and says what is expected of it. */
function explainIssue(issue: z.core.$ZodIssue): string {
  const field = issue.path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
  const message = issue.message.replace(/^Invalid (?:input|option): /, '');
  return field === '' ? message : `${field}: ${message}`;
}
