import type { Secrets } from './secrets.ts';

/** Base URLs without trailing slashes. */
export interface Addresses {
  api: string;
  github: string;
  githubApi: string;
  neon: string;
  redis: string;
  qstash: string;
  databaseUrl: string;
}

/** Where model turns come from. */
export interface ModelSource {
  apiKey: string;
  baseUrl?: string;
  model?: string;
  /** Where Chat Completions are played, each dialect below its name. */
  chatUrl?: string;
}

/** What the app is registered as on the local GitHub. */
export const GITHUB_CLIENT_ID = 'cadence-local';

export interface WorkerEnv extends Record<string, string> {
  DATABASE_URL: string;
  QSTASH_URL: string;
  QSTASH_TOKEN: string;
  PUBLIC_URL: string;
}

/** Every binding of the Worker, with the addresses and keys of a local cloud. Nothing else differs from production. */
export function workerEnv(addresses: Addresses, secrets: Secrets, model: ModelSource): WorkerEnv {
  return {
    DATABASE_URL: addresses.databaseUrl,
    NEON_HTTP_ENDPOINT: `${addresses.neon}/sql`,
    UPSTASH_REDIS_REST_URL: addresses.redis,
    UPSTASH_REDIS_REST_TOKEN: secrets.redisToken,
    QSTASH_URL: addresses.qstash,
    QSTASH_TOKEN: secrets.qstashToken,
    QSTASH_CURRENT_SIGNING_KEY: secrets.qstashCurrentKey,
    QSTASH_NEXT_SIGNING_KEY: secrets.qstashNextKey,
    PUBLIC_URL: addresses.api,
    // Of `npm run token`, and of an app on a phone.
    AUTH_REDIRECT_URIS: 'http://127.0.0.1/signed-in,cadence://signed-in',
    GITHUB_API_URL: addresses.githubApi,
    GITHUB_URL: addresses.github,
    GITHUB_CLIENT_ID,
    GITHUB_CLIENT_SECRET: secrets.githubClientSecret,
    GITHUB_WEBHOOK_SECRET: secrets.webhookSecret,
    JWT_SECRET: secrets.jwtSecret,
    ENCRYPTION_KEY: secrets.encryptionKey,
    LLM_PROVIDER: 'anthropic',
    ANTHROPIC_API_KEY: model.apiKey,
    ...(model.baseUrl ? { ANTHROPIC_BASE_URL: model.baseUrl } : {}),
    ...(model.model ? { ANTHROPIC_MODEL: model.model } : {}),
    ...(model.chatUrl ? chatEnv(model.chatUrl, model.apiKey) : {}),
  };
}

const chatEnv = (url: string, apiKey: string) => ({
  OPENAI_API_KEY: apiKey,
  OPENAI_BASE_URL: `${url}/openai/v1`,
  OPENROUTER_API_KEY: apiKey,
  OPENROUTER_BASE_URL: `${url}/openrouter/v1`,
  OLLAMA_BASE_URL: `${url}/ollama`,
});

/** The text of an env file that wrangler reads. Values are quoted, and none of ours contains a quote. */
export function envFile(env: Record<string, string>): string {
  const lines = Object.entries(env).map(([name, value]) => {
    if (/['\n]/.test(value)) throw new Error(`${name} cannot be written to an env file`);
    return `${name}='${value}'`;
  });
  return `${lines.join('\n')}\n`;
}
