import { z } from 'zod';
import { issuersSchema } from './auth/issuers/config.ts';
import { ANTHROPIC_MODELS } from './models/anthropic-models.ts';
import { isModelName, PROVIDERS, type ProviderName } from './models/catalogue.ts';
import { OPENAI_MODELS } from './models/openai-models.ts';

const databaseUrl = z.string().refine(
  (value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, username, password, hostname, pathname } = new URL(value);
    const isPostgres = protocol === 'postgres:' || protocol === 'postgresql:';
    return isPostgres && [username, password, hostname, pathname.slice(1)].every((part) => part !== '');
  },
  { error: 'a URL like postgres://USER:PASSWORD@HOST/DATABASE' },
);
const httpUrl = z
  .string()
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
    error: 'a URL starting with https:// or http://',
  })
  .transform((value) => value.replace(/\/+$/, ''));
/** A key or token: white space around or in one is a slip of the clipboard, and no header could carry a line break. */
const text = z.string().regex(/^\S+$/, 'a text without white space');
/** An app in a shell of its own has a scheme of its own, such as `capacitor://localhost`. */
const isOrigin = (value: string): boolean =>
  /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*]+$/.test(value) &&
  (!value.startsWith('http') || (URL.canParse(value) && new URL(value).origin === value));
const origins = z
  .string()
  .default('')
  .transform((list) => list.split(',').map((origin) => origin.trim()))
  .transform((list) => list.filter((origin) => origin !== ''))
  .refine((list) => list.every(isOrigin), {
    error: 'a list of origins like https://app.example.com, with commas between them',
  });
/** An address that a browser leaves for, letter by letter: a page, or a link into an app. */
const isRedirectUri = (value: string): boolean =>
  /^(?:https?|[a-z][a-z0-9+.-]*):\/\/[^\s#*]+$/.test(value) &&
  URL.canParse(value) &&
  !/^(?:javascript|data|file|blob):/.test(value);
const redirectUris = z
  .string()
  .transform((list) => list.split(',').map((uri) => uri.trim()))
  .transform((list) => list.filter((uri) => uri !== ''))
  .refine((list) => list.length > 0 && list.every(isRedirectUri), {
    error: 'a list of addresses like cadence://signed-in, with commas between them',
  });
const domains = z
  .string()
  .default('')
  .transform((list) => list.split(',').map((domain) => domain.trim().toLowerCase()))
  .transform((list) => list.filter((domain) => domain !== ''))
  .refine((list) => list.every((domain) => /^(?:[a-z0-9-]+\.)+[a-z0-9-]+$/.test(domain)), {
    error: 'a list of domains like example.com, with commas between them',
  });
const encryptionKey = z.string().regex(/^[0-9a-f]{64}$/i, '64 hexadecimal digits');
/** Read by `npm run rotate-keys` as well. */
export const encryptionOldKeys = z
  .string()
  .default('')
  .transform((list) => list.split(',').map((key) => key.trim()))
  .transform((list) => list.filter((key) => key !== ''))
  .refine((list) => list.every((key) => encryptionKey.safeParse(key).success), {
    error: 'a list of keys of 64 hexadecimal digits, with commas between them',
  });
const milliseconds = (fallback: number, min: number, max: number) =>
  z.coerce
    .number(`a number of milliseconds from ${min} to ${max}`)
    .int()
    .min(min, `${min} milliseconds or more`)
    .max(max, `${max} milliseconds or fewer`)
    .default(fallback);

const pricedModel = (table: ReadonlyMap<string, unknown>, fallback: string) =>
  z
    .string()
    .refine((model) => table.has(model), { error: `a model of the price table, such as ${fallback}` })
    .default(fallback);
const modelName = (fallback: string) =>
  z
    .string()
    .refine(isModelName, { error: `the name of a model, such as ${fallback}` })
    .default(fallback);
const usdPerMillion = (fallback: number) =>
  z.coerce
    .number('US dollars for a million tokens')
    .positive('more than 0 US dollars for a million tokens')
    .max(1_000, '1,000 US dollars or fewer for a million tokens')
    .default(fallback);
const tokens = (fallback: number) =>
  z.coerce
    .number('a whole number of tokens')
    .int('a whole number of tokens')
    .min(8_192, '8192 tokens or more')
    .max(10_000_000, 'ten million tokens or fewer')
    .default(fallback);

/** Every binding Cadence reads. `.env.example` has one line for each, and a test compares the two. */
export const envSchema = z.object({
  DATABASE_URL: databaseUrl,
  NEON_HTTP_ENDPOINT: httpUrl.optional(),
  UPSTASH_REDIS_REST_URL: httpUrl,
  UPSTASH_REDIS_REST_TOKEN: text,
  QSTASH_URL: httpUrl.default('https://qstash.upstash.io'),
  QSTASH_TOKEN: text,
  QSTASH_CURRENT_SIGNING_KEY: text,
  QSTASH_NEXT_SIGNING_KEY: text,
  PUBLIC_URL: httpUrl,
  CORS_ORIGINS: origins,
  AUTH_REDIRECT_URIS: redirectUris,
  AUTH_ISSUERS: issuersSchema,
  EMPLOYEE_EMAIL_DOMAINS: domains,
  GITHUB_API_URL: httpUrl.default('https://api.github.com'),
  GITHUB_URL: httpUrl.default('https://github.com'),
  GITHUB_CLIENT_ID: text,
  GITHUB_CLIENT_SECRET: text,
  GITHUB_WEBHOOK_SECRET: text,
  JWT_SECRET: z.string().min(32, '32 characters or more'),
  ENCRYPTION_KEY: encryptionKey,
  ENCRYPTION_OLD_KEYS: encryptionOldKeys,
  LLM_PROVIDER: z.enum(PROVIDERS, `one of: ${PROVIDERS.join(', ')}`).default('anthropic'),
  ANTHROPIC_API_KEY: text.optional(),
  ANTHROPIC_MODEL: pricedModel(ANTHROPIC_MODELS, 'claude-sonnet-5'),
  ANTHROPIC_BASE_URL: httpUrl.default('https://api.anthropic.com'),
  OPENAI_API_KEY: text.optional(),
  OPENAI_MODEL: pricedModel(OPENAI_MODELS, 'gpt-6-sol'),
  OPENAI_BASE_URL: httpUrl.default('https://api.openai.com/v1'),
  OPENROUTER_API_KEY: text.optional(),
  OPENROUTER_MODEL: modelName('anthropic/claude-sonnet-5'),
  OPENROUTER_BASE_URL: httpUrl.default('https://openrouter.ai/api/v1'),
  OPENROUTER_MAX_PROMPT_USD: usdPerMillion(10),
  OPENROUTER_MAX_COMPLETION_USD: usdPerMillion(50),
  OPENROUTER_CONTEXT_TOKENS: tokens(128_000),
  OLLAMA_BASE_URL: httpUrl.optional(),
  OLLAMA_MODEL: modelName('qwen3-coder'),
  OLLAMA_CONTEXT_TOKENS: tokens(32_768),
  DAILY_COST_LIMIT_USD: z.coerce
    .number('a number of US dollars')
    .positive('more than 0 US dollars')
    .max(1_000_000, 'a million US dollars or fewer')
    .optional(),
  DAILY_MESSAGE_LIMIT: z.coerce
    .number('a whole number of messages')
    .int('a whole number of messages')
    .min(1, 'one message or more')
    .max(1_000_000, 'a million messages or fewer')
    .optional(),
  RATE_LIMIT_PER_MINUTE: z.coerce
    .number('a whole number of requests')
    .int('a whole number of requests')
    .min(10, '10 requests or more')
    .max(1_000_000, 'a million requests or fewer')
    .default(600),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error'], 'one of: debug, info, warn, error').default('info'),
  CONCURRENT_RUNS: z.coerce
    .number('a whole number of runs')
    .int('a whole number of runs')
    .min(1, 'one run or more')
    .max(10_000, '10,000 runs or fewer')
    .default(20),
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

/** What the default provider cannot do without. */
const NEEDED = {
  anthropic: 'ANTHROPIC_API_KEY',
  openai: 'OPENAI_API_KEY',
  openrouter: 'OPENROUTER_API_KEY',
  ollama: 'OLLAMA_BASE_URL',
} as const satisfies Record<ProviderName, keyof Env>;

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
  const problems = (parsed.error?.issues ?? []).map((issue) =>
    describe(String(issue.path[0]), given, issue.message),
  );
  const provider = envSchema.shape.LLM_PROVIDER.safeParse(given.LLM_PROVIDER);
  if (provider.success && given[NEEDED[provider.data]] === undefined) {
    problems.push(`${NEEDED[provider.data]} is missing: LLM_PROVIDER is ${provider.data}`);
  }
  const { AUTH_ISSUERS: issuers = [], PUBLIC_URL: publicUrl } = parsed.data ?? {};
  if (issuers.some(({ issuer }) => issuer.replace(/\/+$/, '') === publicUrl)) {
    problems.push(
      'AUTH_ISSUERS must be of others: an issuer in it is PUBLIC_URL, whose tokens are our own sessions',
    );
  }
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new EnvError([...new Set(problems)]);
}

/** Says of one variable that it is missing or malformed, and what it must look like. */
function describe(name: string, given: Record<string, unknown>, message: string): string {
  if (given[name] !== undefined) return `${name} must be ${message}`;
  // What it must look like is what its schema says of something that it is certainly not.
  const schema = Object.entries(envSchema.shape).find(([key]) => key === name)?.[1];
  const expected = schema?.safeParse('').error?.issues[0]?.message;
  return expected === undefined ? `${name} is missing` : `${name} is missing: ${expected}`;
}
