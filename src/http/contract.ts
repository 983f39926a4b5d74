import type { RouteConfig, z } from '@hono/zod-openapi';
import { createRoute as createAnyRoute, OpenAPIHono } from '@hono/zod-openapi';
import type { ErrorCode } from '../domain/errors.ts';
import type { needs, needsOrTicket } from './access.ts';
import type { AppEnv } from './app-env.ts';
import { describeCodes, PROBLEMS, problemContent, refuseInvalid } from './errors.ts';
import { isRepeatable, repeatable } from './repeatable.ts';
import type { Tag } from './tags.ts';

/** What every route says of itself. `operationId` is stable, a verb and a noun: generated clients name their functions by it. Who may call it says `...needs(…)`, or `security: openToAll`. */
type Described = RouteConfig & {
  operationId: string;
  summary: string;
  tags: [Tag];
} & ({ security: [] } | ReturnType<typeof needs> | ReturnType<typeof needsOrTicket>);

/**
 * A contract. One that leaves anything out does not compile, and a test walks all routes that the app serves. What can be
 * repeated under an `Idempotency-Key` says so by itself.
 */
export const createRoute = <Path extends string, Route extends Described & { path: Path }>(route: Route) =>
  createAnyRoute<Path, Route>(isRepeatable(route) ? { ...route, ...repeatable(route) } : route);

/** A router for one noun. Its contracts refuse invalid input as problem json. */
export const router = () => new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });

/** For `security` of a contract whose route asks for no token. */
export const openToAll: [] = [];

/** A JSON answer in a contract. */
export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** The answer of a route that has made something: its `location` is where that stands. */
export const created = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  ...json(schema, description),
  headers: {
    location: {
      description: 'Where it stands',
      schema: { type: 'string' as const, format: 'uri-reference' },
    },
  },
});

/** A required JSON body in a contract; with it come `malformedRequest`, `unsupportedMediaType` and `bodyTooLarge`. */
export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true as const,
  content: { 'application/json': { schema } },
});

/** The same for one that may be left out. */
export const optionalJsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: false as const,
  content: { 'application/json': { schema } },
});

const ANY_ROUTE: readonly ErrorCode[] = ['malformedRequest', 'internal', 'unavailable'];

/** The codes of every route that reads a JSON body. */
export const BODY_PROBLEMS = [
  'validationFailed',
  'unsupportedMediaType',
  'bodyEncoded',
  'bodyTooLarge',
] as const satisfies ErrorCode[];

/** The codes of every route behind `authenticate`. */
export const TOKEN_PROBLEMS = [
  'accessTokenMissing',
  'accessTokenInvalid',
  'accessTokenExpired',
  'sessionEnded',
  'apiKeyInvalid',
  'issuerUnavailable',
  'permissionMissing',
  'notFound',
  'rateLimited',
] as const satisfies ErrorCode[];

/** The codes of every route that does something on GitHub as its caller. */
export const GITHUB_PROBLEMS = [
  'githubNotLinked',
  'githubAccessLost',
  'githubForbidden',
  'githubUnavailable',
] as const satisfies ErrorCode[];

/**
 * Declares the problems a route can answer with, grouped by status; those of any route are included. The type is empty
 * on purpose: handlers throw problems and never return them, so their return type stays the successful answers.
 */
export function problems(...codes: ErrorCode[]): Record<never, never> {
  const byStatus = Map.groupBy(new Set([...codes, ...ANY_ROUTE]), (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    Array.from(byStatus, ([status, group]) => [
      status,
      {
        description: describeCodes(group),
        content: problemContent(group),
      },
    ]),
  );
}
