import type { Problem } from './generated.ts';

/** The API has refused. Decide by `code`; `/docs/errors` says what to do about each. */
export class CadenceError extends Error {
  override readonly name = 'CadenceError';
  readonly status: number;
  readonly code: string;
  /** Finds the request in the server's log. */
  readonly requestId: string | undefined;
  /** What is wrong with which field. */
  readonly errors: NonNullable<Problem['errors']>;
  /** How long the server wants to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(call: string, response: Response, problem: Partial<Problem>) {
    const { status, headers } = response;
    const said = [problem.code, problem.detail].filter(Boolean).join(', ');
    super(`${call}: ${status}${said === '' ? '' : ` ${said}`}`);
    this.status = status;
    this.code = problem.code ?? 'unknown';
    this.requestId = problem.requestId ?? headers.get('x-request-id') ?? undefined;
    this.errors = problem.errors ?? [];
    this.retryAfterMs = retryAfterMs(headers.get('retry-after'));
  }
}

/** Whatever refused, perhaps a proxy that knows nothing of problems. */
export async function refusal(call: string, response: Response): Promise<CadenceError> {
  const text = await response.text().catch(() => '');
  return new CadenceError(call, response, parsed(text));
}

function parsed(text: string): Partial<Problem> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function retryAfterMs(header: string | null): number | undefined {
  const seconds = header === null ? Number.NaN : Number(header);
  return Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : undefined;
}
