import type { RouteConfig } from '@hono/zod-openapi';
import type { ErrorCode } from '../domain/errors.ts';
import { describeCodes, isErrorCode, PROBLEMS, problemContent } from './errors.ts';

type Route = Pick<RouteConfig, 'method' | 'security' | 'responses'>;

/** What a key can be refused with, besides whatever the route itself refuses. */
const CODES: readonly ErrorCode[] = ['validationFailed', 'idempotencyConflict', 'idempotencyKeyReused'];

/** Whether `idempotency` looks at the route: all that do something for a caller it knows. */
export const isRepeatable = ({ method, security }: Route): boolean =>
  method === 'post' && security !== undefined && security.length > 0;

/** What such a route declares of its `Idempotency-Key`. */
export function repeatable({ responses }: Route) {
  const key = {
    name: 'Idempotency-Key',
    in: 'header' as const,
    description:
      'Makes the request safe to repeat: for a day the same key gets the first answer again, with `Idempotency-Replayed: true`. 1 to 255 visible ASCII characters, new for each request that means something else',
    schema: { type: 'string' as const, minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
    example: '7f6c8e2a-1d52-4b8e-9f57-0f3f6f1f2a11',
  };
  return { parameters: [key], responses: { ...responses, ...refusals(responses) } };
}

function refusals(responses: RouteConfig['responses']): RouteConfig['responses'] {
  const byStatus = Map.groupBy(CODES, (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    Array.from(byStatus, ([status, codes]) => {
      const declared = declaredCodes(responses[status]);
      const all = [...new Set([...declared, ...codes])];
      return [status, { description: describeCodes(all), content: problemContent(all) }];
    }),
  );
}

function declaredCodes(response: RouteConfig['responses'][string] | undefined): ErrorCode[] {
  const content =
    response && 'content' in response ? response.content?.['application/problem+json'] : undefined;
  const named = content && 'examples' in content ? Object.keys(content.examples ?? {}) : [];
  return named.filter(isErrorCode);
}
