import { z } from 'zod';
import { isKnownModel } from './models/providers.ts';

const url = (protocols: readonly string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    error: `a URL starting with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });
const httpUrl = url(['https:', 'http:']).transform((value) => value.replace(/\/+$/, ''));
const text = z.string().min(1, 'a non-empty text');
const milliseconds = (fallback: number, min: number, max: number) =>
  z.coerce
    .number(`a number of milliseconds from ${min} to ${max}`)
    .int()
    .min(min, `${min} milliseconds or more`)
    .max(max, `${max} milliseconds or fewer`)
    .default(fallback);

/** Every binding Cadence reads. `.env.example` has one line for each, and a test compares the two. */
export const envSchema = z.object({
  DATABASE_URL: url(['postgres:', 'postgresql:']),
  NEON_HTTP_ENDPOINT: httpUrl.optional(),
  UPSTASH_REDIS_REST_URL: httpUrl,
  UPSTASH_REDIS_REST_TOKEN: text,
  QSTASH_URL: httpUrl.default('https://qstash.upstash.io'),
  QSTASH_TOKEN: text,
  QSTASH_CURRENT_SIGNING_KEY: text,
  QSTASH_NEXT_SIGNING_KEY: text,
  PUBLIC_URL: httpUrl,
  GITHUB_API_URL: httpUrl.default('https://api.github.com'),
  GITHUB_URL: httpUrl.default('https://github.com'),
  GITHUB_CLIENT_ID: text,
  GITHUB_CLIENT_SECRET: text,
  GITHUB_WEBHOOK_SECRET: text,
  JWT_SECRET: z.string().min(32, '32 characters or more'),
  ENCRYPTION_KEY: z.string().regex(/^[0-9a-f]{64}$/i, '64 hexadecimal digits'),
  LLM_PROVIDER: z.enum(['anthropic'], 'one of: anthropic').default('anthropic'),
  ANTHROPIC_API_KEY: text,
  ANTHROPIC_MODEL: z
    .string()
    .refine((model) => isKnownModel('anthropic', model), {
      error: 'a model of the price table, such as claude-sonnet-5',
    })
    .default('claude-sonnet-5'),
  ANTHROPIC_BASE_URL: httpUrl.default('https://api.anthropic.com'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error'], 'one of: debug, info, warn, error').default('info'),
  STEPS_PER_CALLBACK: z.coerce
    .number('a whole number from 1 to 100')
    .int('a whole number from 1 to 100')
    .min(1, 'a whole number from 1 to 100')
    .max(100, 'a whole number from 1 to 100')
    .default(8),
  BURST_MS: milliseconds(60_000, 0, 600_000),
  LEASE_MS: milliseconds(60_000, 500, 600_000),
  MODEL_TIMEOUT_MS: milliseconds(300_000, 1_000, 900_000),
});

export type Env = z.infer<typeof envSchema>;

/** The bindings are missing or malformed. The message names each and what it must look like, never its value. */
export class EnvError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not complete:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'EnvError';
    this.problems = problems;
  }
}

/**
 * Reads the Worker's bindings. An empty value counts as missing, which is how most dashboards save "unset".
 *
 * @throws {EnvError} naming every variable that is missing or malformed
 */
export function readEnv(bindings: Record<string, unknown>): Env {
  const given = Object.fromEntries(Object.entries(bindings).filter(([, value]) => value !== ''));
  const parsed = envSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return given[name] === undefined
      ? `${name} is missing`
      : `${name} must be ${issue.message.replace(/^Invalid input: expected /, 'a ')}`;
  });
  throw new EnvError([...new Set(problems)]);
}
