import { z } from 'zod';

/** Why GitHub did not do what was asked. Only `rateLimited` and `unavailable` may pass by waiting. */
export type GitHubErrorCode =
  | 'notFound'
  | 'unauthorized'
  | 'forbidden'
  | 'rateLimited'
  | 'conflict'
  | 'invalid'
  | 'unavailable';

/**
 * A request to GitHub that failed. `status` is 0 when no answer came, so whether a write took effect is unknown.
 * The message names the route and GitHub's own words, never a token.
 */
export class GitHubError extends Error {
  readonly status: number;
  readonly code: GitHubErrorCode;
  readonly retryable: boolean;
  /** How long GitHub asks to wait, when it says so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    message: string,
    options: { status: number; code: GitHubErrorCode; retryAfterSeconds?: number; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = 'GitHubError';
    this.status = options.status;
    this.code = options.code;
    this.retryable = options.code === 'rateLimited' || options.code === 'unavailable';
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Headers of an answer by lower-case name. */
export type AnswerHeaders = Record<string, string | number | undefined>;

const requestErrorSchema = z.object({
  status: z.number(),
  message: z.string(),
  response: z
    .object({ headers: z.record(z.string(), z.union([z.string(), z.number(), z.undefined()])) })
    .optional(),
});

/** Turns whatever octokit threw for `route` into a {@link GitHubError}. */
export function toGitHubError(route: string, error: unknown): GitHubError {
  const parsed = requestErrorSchema.safeParse(
    error instanceof Error ? { ...error, message: error.message } : error,
  );
  if (!parsed.success || !parsed.data.response) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    return new GitHubError(`GitHub gave no answer to ${route}: ${reason}`, {
      status: 0,
      code: 'unavailable',
      cause: error,
    });
  }
  const { status, message, response } = parsed.data;
  return new GitHubError(`GitHub answered ${status} to ${route}: ${message}`, {
    status,
    code: codeOf(status, message, response.headers),
    retryAfterSeconds: retryAfterOf(response.headers),
    cause: error,
  });
}

/**
 * GitHub tells a rate limit from a missing permission, both 403, by its headers or, for the secondary limits, sometimes
 * by the words alone (docs.github.com, "Rate limits for the REST API").
 */
function codeOf(status: number, message: string, headers: AnswerHeaders): GitHubErrorCode {
  if (status >= 500 || status === 408) return 'unavailable';
  if (status === 429) return 'rateLimited';
  if (status === 403) {
    const limited =
      String(headers['x-ratelimit-remaining']) === '0' ||
      headers['retry-after'] !== undefined ||
      /rate limit/i.test(message);
    return limited ? 'rateLimited' : 'forbidden';
  }
  if (status === 401) return 'unauthorized';
  if (status === 404 || status === 410) return 'notFound';
  if (status === 409) return 'conflict';
  if (status === 451) return 'forbidden';
  return 'invalid';
}

/** The reset time is compared with the answer's own date, so that our clock does not matter. */
function retryAfterOf(headers: AnswerHeaders): number | undefined {
  const given = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(given)) return Math.max(0, Math.ceil(given));
  if (String(headers['x-ratelimit-remaining']) !== '0') return undefined;
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN);
  const answeredAt = Date.parse(String(headers.date ?? '')) / 1000;
  const seconds = Math.ceil(reset - answeredAt);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}
