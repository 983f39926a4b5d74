import { z } from 'zod';

const problemSchema = z.object({
  code: z.string(),
  detail: z.string().optional(),
  requestId: z.string().optional(),
});

/** The API's refusal, in its own words. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;

  constructor(call: string, status: number, body: string) {
    const problem = problemSchema.safeParse(parsed(body)).data;
    super(`${call}: ${status} ${problem ? [problem.code, problem.detail].filter(Boolean).join(', ') : body}`);
    this.status = status;
    this.code = problem?.code ?? 'unknown';
  }
}

/** Calls the API as one user. */
export interface ApiClient {
  baseUrl: string;
  /** @throws {ApiError} on any status but 2xx */
  send(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<Response>;
  /** The JSON answer, checked. */
  json<Schema extends z.ZodType>(
    schema: Schema,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<z.infer<Schema>>;
}

/** @param accessToken is asked for each request, so that whoever gives it may renew it */
export function createApiClient(baseUrl: string, accessToken: () => Promise<string>): ApiClient {
  const send: ApiClient['send'] = async (method, path, { body, headers, signal } = {}) => {
    const response = await fetch(baseUrl + path, {
      method,
      signal,
      headers: {
        authorization: `Bearer ${await accessToken()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new ApiError(`${method} ${path}`, response.status, await response.text());
    return response;
  };
  return {
    baseUrl,
    send,
    json: async (schema, method, path, body) =>
      schema.parse(await (await send(method, path, { body })).json()),
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
