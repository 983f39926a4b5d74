import { z } from '@hono/zod-openapi';
import { expect } from 'vitest';
import type { createApp } from '../../src/app.ts';

type App = ReturnType<typeof createApp>;

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API answered; it was parsed with the declared schema
  body: any;
}

export interface Knock {
  body?: unknown;
  token?: string;
  headers?: Record<string, string>;
}

/**
 * Asks the API like a client and holds every answer against its contract: the status must be declared, and the body must
 * be what the declared schema says, no field more.
 */
export function door(app: App) {
  const knock = async (
    method: string,
    path: string,
    { body, token, headers = {} }: Knock = {},
  ): Promise<Answer> => {
    const response = await app.request(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = {
      status: response.status,
      headers: response.headers,
      body: /\bjson\b/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text || null,
    };
    expectDeclared(app, method, path, answer);
    return answer;
  };
  return {
    get: (path: string, options?: Knock) => knock('GET', path, options),
    post: (path: string, body: unknown, options?: Knock) => knock('POST', path, { body, ...options }),
    patch: (path: string, body: unknown, options?: Knock) => knock('PATCH', path, { body, ...options }),
    delete: (path: string, options?: Knock) => knock('DELETE', path, options),
  };
}

function expectDeclared(app: App, method: string, path: string, { status, headers, body }: Answer): void {
  const pathname = new URL(path, 'http://cadence.test').pathname.replace(/^\/api(\/v1)?(?=\/)/, '');
  const contract = app.openAPIRegistry.definitions
    .flatMap((definition) => (definition.type === 'route' ? [definition.route] : []))
    .find((route) => route.method.toUpperCase() === method && patternOf(route.path).test(pathname));
  if (contract === undefined) return;
  const declared = contract.responses[status];
  expect(declared, `${method} ${contract.path} does not declare ${status}`).toBeDefined();
  const mediaType = headers.get('content-type')?.split(';')[0] ?? '';
  if (body === null) return;
  const content = declared && 'content' in declared ? declared.content?.[mediaType] : undefined;
  const schema = content && 'schema' in content ? content.schema : undefined;
  if (!(schema instanceof z.ZodType)) {
    expect.unreachable(`${method} ${contract.path} does not declare ${mediaType} for ${status}`);
  }
  expect(schema.parse(body)).toEqual(body);
}

const patternOf = (path: string) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
