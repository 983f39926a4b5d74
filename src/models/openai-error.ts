import { z } from 'zod';
import { brokenConnection, type FailureKind, modelErrorOf, readRetryAfterMs } from './failure-kinds.ts';
import { ModelError } from './port.ts';

/** An error as OpenAI, OpenRouter (whose code is a status) and Ollama (which has neither type nor code) write it. */
const errorSchema = z.object({
  message: z.string().nullish(),
  type: z.string().nullish(),
  code: z.union([z.string(), z.number()]).nullish(),
  metadata: z.looseObject({}).nullish(),
});
export const errorBodySchema = z.object({ error: z.union([errorSchema, z.string()]) });

type ErrorBody = z.infer<typeof errorSchema>;

/** An answer that is not a turn: its status, or an error in the middle of a stream, which has none. */
export class OpenAiFailure extends Error {
  readonly status: number | undefined;
  readonly headers: Headers | undefined;
  readonly body: ErrorBody;

  constructor(error: string | ErrorBody, from: { status: number; headers: Headers } | undefined) {
    const body = typeof error === 'string' ? { message: error } : error;
    super(body.message ?? 'no message');
    this.name = 'OpenAiFailure';
    this.status = from?.status;
    this.headers = from?.headers;
    this.body = body;
  }
}

/** What a failed call comes to. */
export function toModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  if (!(error instanceof OpenAiFailure)) return brokenConnection(error);
  return modelErrorOf(kindOf(error), { headers: error.headers, cause: error });
}

/** Sources: platform.openai.com/docs/guides/error-codes, openrouter.ai/docs/api/reference/errors-and-debugging */
function kindOf({ status, headers, body }: OpenAiFailure): FailureKind {
  if (isTooLong(body)) return 'tooLong';
  const named = status ?? (typeof body.code === 'number' ? body.code : undefined);
  return named === undefined ? kindOfName(body) : kindOfStatus(named, headers, body);
}

function kindOfStatus(status: number, headers: Headers | undefined, body: ErrorBody): FailureKind {
  if (status === 503 || status === 529) return 'overloaded';
  if (status >= 500 || status === 408 || status === 409) return 'failed';
  switch (status) {
    case 401:
      return 'unauthenticated';
    case 402:
      // With a time to come back after, it is the spending of the moment that is limited, not the account's.
      return readRetryAfterMs(headers) === undefined ? 'unpaid' : 'rateLimited';
    case 403:
      return body.metadata && 'reasons' in body.metadata ? 'moderated' : 'forbidden';
    case 404:
      return 'notFound';
    case 413:
      return 'tooLong';
    case 429:
      return isOutOfQuota(body) ? 'unpaid' : 'rateLimited';
    default:
      return /is not a valid model/.test(body.message ?? '') ? 'notFound' : 'invalid';
  }
}

function kindOfName(body: ErrorBody): FailureKind {
  const name = `${body.type ?? ''} ${body.code ?? ''}`;
  if (isOutOfQuota(body)) return 'unpaid';
  if (name.includes('rate_limit')) return 'rateLimited';
  if (name.includes('overloaded')) return 'overloaded';
  if (name.includes('invalid_request')) return 'invalid';
  return 'failed';
}

/** OpenAI says so with 429, as of a limit that passes. */
const isOutOfQuota = ({ type, code }: ErrorBody): boolean =>
  type === 'insufficient_quota' || code === 'insufficient_quota';

const isTooLong = ({ code, message }: ErrorBody): boolean =>
  code === 'context_length_exceeded' ||
  /maximum context length|exceeds the (?:available )?context/i.test(message ?? '');
