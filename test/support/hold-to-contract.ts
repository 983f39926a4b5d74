import { z } from '@hono/zod-openapi';
import type { createApp } from '../../src/app.ts';

type App = ReturnType<typeof createApp>;

const held = new WeakSet<App>();
/** Doors for QStash and GitHub alone, which no document describes. */
const PRIVATE = /^\/(callbacks|webhooks)\//;

/**
 * From now on every answer of the app must be one that its contract declares: the status, the media type, and of JSON what the
 * declared schema says, no field more. A request that is answered otherwise rejects, whoever made it.
 */
export function holdToContract(app: App): void {
  if (held.has(app)) return;
  held.add(app);
  const answer = app.fetch;
  app.fetch = async (request, ...rest) => {
    const response = await answer(request, ...rest);
    await expectDeclared(app, request, response);
    return response;
  };
}

async function expectDeclared(app: App, { method, url }: Request, response: Response): Promise<void> {
  if (method === 'HEAD' || method === 'OPTIONS') return;
  const pathname = new URL(url).pathname.replace(/^\/api(\/v1)?(?=\/)/, '');
  const { status } = response;
  const contract = contractOf(app, method, pathname);
  if (contract === undefined) {
    if (status === 404 || status === 405 || PRIVATE.test(pathname)) return;
    throw new Error(`${method} ${pathname} has no contract and answers ${status}`);
  }
  const at = `${method} ${contract.path}`;
  const declared = contract.responses[status];
  if (declared === undefined)
    throw new Error(`${at} does not declare ${status}: ${await response.clone().text()}`);
  expectHeaders(`${at} ${status}`, declared, response);
  if (response.body === null) return;
  const mediaType = response.headers.get('content-type')?.split(';')[0] ?? '';
  const content = 'content' in declared ? declared.content?.[mediaType] : undefined;
  const schema = content && 'schema' in content ? content.schema : undefined;
  if (!(schema instanceof z.ZodType)) throw new Error(`${at} does not declare ${mediaType} for ${status}`);
  if (/\bjson$/.test(mediaType)) expectShape(`${at} ${status}`, schema, await response.clone().json());
}

/** What the document says of the headers of every answer, and what the route says of its own. */
function expectHeaders(what: string, declared: object, { status, headers }: Response): void {
  const needed = ['x-request-id'];
  if (status === 401) needed.push('www-authenticate');
  if (status === 429) needed.push('retry-after');
  for (const name of needed) {
    if (!headers.has(name)) throw new Error(`${what} has no header ${name}`);
  }
  if (!('headers' in declared) || !(declared.headers instanceof z.ZodObject)) return;
  const names = Object.keys(declared.headers.shape);
  const given = Object.fromEntries([...headers].filter(([name]) => names.includes(name)));
  expectShape(`the headers of ${what}`, declared.headers, given);
}

/** The contract that a request falls under. Words of a path go before its parameters. */
function contractOf(app: App, method: string, pathname: string) {
  return routesOf(app).find(
    ({ route, pattern }) => route.method.toUpperCase() === method && pattern.test(pathname),
  )?.route;
}

const routesOf = (app: App): ReturnType<typeof readRoutes> => {
  const routes = known.get(app) ?? readRoutes(app);
  known.set(app, routes);
  return routes;
};
const known = new WeakMap<App, ReturnType<typeof readRoutes>>();

const readRoutes = (app: App) =>
  app.openAPIRegistry.definitions
    .flatMap((definition) => (definition.type === 'route' ? [definition.route] : []))
    .sort((a, b) => a.path.split('{').length - b.path.split('{').length)
    .map((route) => ({ route, pattern: patternOf(route.path) }));

const patternOf = (path: string) =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);

/** Parses strictly: a field that the schema does not know is as wrong as one that it misses. */
export function expectShape(what: string, schema: z.ZodType, body: unknown): void {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Error(`${what} is not what it declares.\n${z.prettifyError(parsed.error)}`);
  const [known, said] = [JSON.stringify(parsed.data), JSON.stringify(body)];
  if (known !== said && sorted(parsed.data) !== sorted(body)) {
    throw new Error(`${what} says more than it declares.\ndeclared: ${known}\nsaid:     ${said}`);
  }
}

/** JSON with its keys in order: a schema gives them in its own. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
