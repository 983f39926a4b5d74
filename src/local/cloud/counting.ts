/** What the stand-ins were asked for, in the units that the managed services bill. */
export interface Tally {
  /** SQL statements, each of a batch. */
  statements: number;
  /** Redis commands, each of a pipeline, subscriptions included. */
  redisCommands: number;
  /** Model turns. */
  modelCalls: number;
}

type Handler = (request: Request) => Promise<Response>;

/** Counts what a request asks for before it is answered. A body nobody can read counts as one: it is refused as one. */
export function counted(
  handle: Handler,
  tally: Tally,
  unit: keyof Tally,
  count: (request: Request) => Promise<number>,
): Handler {
  return async (request) => {
    tally[unit] += await count(request.clone()).catch(() => 1);
    return handle(request);
  };
}

export async function countStatements(request: Request): Promise<number> {
  if (request.method !== 'POST') return 0;
  const body: unknown = await request.json();
  const queries = typeof body === 'object' && body !== null && 'queries' in body ? body.queries : undefined;
  return Array.isArray(queries) ? queries.length : 1;
}

export async function countCommands(request: Request): Promise<number> {
  if (!/^\/(pipeline|multi-exec)$/.test(new URL(request.url).pathname)) return 1;
  const body: unknown = await request.json();
  return Array.isArray(body) ? body.length : 1;
}

export async function countTurns(request: Request): Promise<number> {
  return /\/v1\/(?:messages|chat\/completions)$/.test(new URL(request.url).pathname) ? 1 : 0;
}
