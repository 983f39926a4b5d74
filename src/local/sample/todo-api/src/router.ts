export interface Call {
  params: Record<string, string>;
  query: URLSearchParams;
  body: unknown;
}

/** What a handler answers. Without a body the answer is empty. */
export interface Answer {
  status: number;
  body?: unknown;
}

export interface Route {
  method: string;
  path: string;
  handle: (call: Call) => Answer;
}

export type Match =
  | { type: 'found'; route: Route; params: Record<string, string> }
  | { type: 'wrongMethod'; allowed: string[] }
  | { type: 'notFound' };

/** Finds the route of a method and a path. `:name` in a route's path matches one segment. */
export function match(routes: Route[], method: string, pathname: string): Match {
  const allowed: string[] = [];
  for (const route of routes) {
    const params = paramsOf(route.path, pathname);
    if (!params) continue;
    if (route.method === method) return { type: 'found', route, params };
    allowed.push(route.method);
  }
  return allowed.length > 0 ? { type: 'wrongMethod', allowed } : { type: 'notFound' };
}

function paramsOf(path: string, pathname: string): Record<string, string> | undefined {
  const expected = path.split('/');
  const actual = pathname.split('/');
  if (expected.length !== actual.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of expected.entries()) {
    const value = actual[index] ?? '';
    if (segment.startsWith(':') && value !== '') params[segment.slice(1)] = value;
    else if (segment !== value) return undefined;
  }
  return params;
}
