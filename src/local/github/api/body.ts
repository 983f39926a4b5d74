import type { z } from 'zod';
import type { ApiContext } from './context.ts';
import { ApiError, unprocessable } from './errors.ts';

/**
 * Reads a JSON body, whatever its content type, as GitHub does. Unknown keys are ignored.
 *
 * @throws ApiError 400 for a body that is not JSON or no object, 422 in GitHub's words for what the schema refuses
 */
export async function readBody<T extends z.ZodType>(c: ApiContext, schema: T): Promise<z.output<T>> {
  const text = await c.req.text();
  const value = text === '' ? {} : parseJson(text);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => describe(issue, value));
  throw unprocessable(`Invalid request.\n\n${problems.join('\n')}`);
}

function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ApiError(400, 'Problems parsing JSON');
  }
  if (typeof value !== 'object' || value === null) throw new ApiError(400, 'Body should be a JSON object');
  return value;
}

const articles: Record<string, string> = {
  string: 'a string',
  number: 'an integer',
  int: 'an integer',
  boolean: 'a boolean',
  array: 'an array',
  object: 'an object',
  record: 'an object',
};

/** A zod issue in the words of GitHub's own schema validation. */
function describe(issue: z.core.$ZodIssue, body: unknown): string {
  const value = issue.path.reduce<unknown>(
    (inner, key) => (isRecord(inner) ? inner[String(key)] : undefined),
    body,
  );
  if (value === undefined) return `"${String(issue.path.at(-1) ?? 'body')}" wasn't supplied.`;
  const pointer = issue.path
    .map((key) => (typeof key === 'number' ? `items/${key}` : `properties/${String(key)}`))
    .join('/');
  const shown = value === null ? 'nil' : JSON.stringify(value);
  if (issue.code === 'invalid_type') {
    return `For '${pointer}', ${shown} is not ${articles[issue.expected] ?? `a ${issue.expected}`}.`;
  }
  if (issue.code === 'invalid_value') {
    return `For '${pointer}', ${shown} is not a member of [${issue.values.map((allowed) => JSON.stringify(allowed)).join(', ')}].`;
  }
  return `For '${pointer}', ${shown} is not valid.`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
