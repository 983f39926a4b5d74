/** Whose API is played. */
export type Dialect = 'openai' | 'openrouter' | 'ollama';

/** A request that the API refuses. `code` and `type` are OpenAI's names. */
export class Refusal extends Error {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    message: string,
    rest: { type?: string; code?: string; param?: string; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.type = rest.type ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
    this.code = rest.code ?? null;
    this.param = rest.param ?? null;
    this.headers = rest.headers ?? {};
  }
}

/** The body of an error as each service writes it. */
export function refusalBody(dialect: Dialect, { status, message, type, code, param }: Refusal) {
  switch (dialect) {
    case 'openai':
      return { error: { message, type, param, code } };
    case 'openrouter':
      return { error: { code: status, message }, user_id: 'user_local' };
    case 'ollama':
      return { error: { message, type: status >= 500 ? 'api_error' : type, param: null, code: null } };
  }
}

export const refusalResponse = (dialect: Dialect, refusal: Refusal): Response =>
  Response.json(refusalBody(dialect, refusal), { status: refusal.status, headers: refusal.headers });
