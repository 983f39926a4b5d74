import type { Core } from './core.ts';
import { Refusal } from './refusal.ts';

/** One request to the API, taken apart. */
export interface Call {
  core: Core;
  method: string;
  /** Path and query exactly as they came in: a destination must not lose its `//` or its `?`. */
  target: string;
  query: URLSearchParams;
  headers: Headers;
  body(): Promise<Uint8Array>;
  /** A named segment of the path, decoded. */
  param(name: string): string;
}

export interface Route {
  method: string;
  /** Segments, such as `/v2/queues/:name`; a last `*` takes all the rest. */
  path: string;
  handle(call: Call): Response | Promise<Response>;
}

/** @returns the named segments when the path has the pattern */
export function matchPath(pattern: string, path: string): Map<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  const params = new Map<string, string>();
  for (const [index, part] of wanted.entries()) {
    if (part === '*') return given.length > index ? params : undefined;
    const value = given[index];
    if (value === undefined || value === '') {
      if (part !== '' || value === undefined) return undefined;
      continue;
    }
    if (part.startsWith(':')) params.set(part.slice(1), decode(value));
    else if (part !== value) return undefined;
  }
  return given.length === wanted.length ? params : undefined;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Refusal(400, `invalid path segment: ${segment}`);
  }
}

/** @throws Refusal 400 */
export async function readJson(call: Call): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await call.body()));
  } catch {
    throw new Refusal(400, 'invalid json body');
  }
}

/** @throws Refusal 404 with the words given */
export function found<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Refusal(404, `${what} not found`);
  return value;
}
