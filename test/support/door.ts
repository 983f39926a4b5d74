import type { createApp } from '../../src/app.ts';
import { holdToContract } from './hold-to-contract.ts';

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

/** Asks the API like a client and holds every answer to its contract. */
export function door(app: App) {
  holdToContract(app);
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
    return {
      status: response.status,
      headers: response.headers,
      body: /\bjson\b/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text || null,
    };
  };
  return {
    get: (path: string, options?: Knock) => knock('GET', path, options),
    post: (path: string, body: unknown, options?: Knock) => knock('POST', path, { body, ...options }),
    put: (path: string, body: unknown, options?: Knock) => knock('PUT', path, { body, ...options }),
    patch: (path: string, body: unknown, options?: Knock) => knock('PATCH', path, { body, ...options }),
    delete: (path: string, options?: Knock) => knock('DELETE', path, options),
  };
}
