import { neon, neonConfig } from '@neondatabase/serverless';
import { drizzle } from 'drizzle-orm/neon-http';
import { typeid } from 'typeid-js';
import { createIssuers } from './auth/issuers/issuer.ts';
import { openMcpHeaders } from './auth/mcp-headers.ts';
import { openReadGithub } from './auth/open-github.ts';
import { openProviderKey } from './auth/provider-key.ts';
import type { SealingKeys } from './crypto/seal.ts';
import type { Context } from './domain/context.ts';
import type { Engine } from './engine/engine.ts';
import type { Env } from './env.ts';
import { createLiveFeed } from './events/redis-live.ts';
import { createGitHub, type GitHub } from './github/client.ts';
import { createLog } from './log.ts';
import { createCatalogue, type ProviderName } from './models/catalogue.ts';
import { type Connection, createModels } from './models/providers.ts';
import { createQueue } from './queue/qstash.ts';
import type { Database } from './store/database.ts';
import * as schema from './store/schema.ts';

/** Neon gives up on a statement long before; this bounds a connection that says nothing (E10). */
const DATABASE_TIMEOUT_MS = 15_000;
const PING_TIMEOUT_MS = 2_000;
const SETTLING_MS = 2_000;

/** Builds every client. The only place that does; once an isolate, without asking anybody anything. */
export function createServices(env: Env): Context {
  const log = createLog(env.LOG_LEVEL);
  const db = openDatabase(env);
  const live = createLiveFeed({ url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN, log });
  const queue = createQueue({
    url: env.QSTASH_URL,
    token: env.QSTASH_TOKEN,
    currentSigningKey: env.QSTASH_CURRENT_SIGNING_KEY,
    nextSigningKey: env.QSTASH_NEXT_SIGNING_KEY,
    publicUrl: env.PUBLIC_URL,
    log,
  });
  const github = createGitHub({
    apiUrl: env.GITHUB_API_URL,
    webUrl: env.GITHUB_URL,
    clientId: env.GITHUB_CLIENT_ID,
    clientSecret: env.GITHUB_CLIENT_SECRET,
  });
  const catalogue = createCatalogue({
    openrouterMaxPrice: maxPrice(env),
    openrouterContextTokens: env.OPENROUTER_CONTEXT_TOKENS,
    ollamaContextTokens: env.OLLAMA_CONTEXT_TOKENS,
  });
  const newId = (prefix: string) => typeid(prefix).toString();
  return {
    db,
    live,
    queue,
    github,
    issuers: createIssuers(env.AUTH_ISSUERS, {
      fetch: (request) => globalThis.fetch(request),
      now: () => Date.now(),
    }),
    engine: createEngine(env, { db, live, queue, github, catalogue, log, newId }),
    catalogue,
    settings: {
      publicUrl: env.PUBLIC_URL,
      corsOrigins: env.CORS_ORIGINS,
      redirectUris: env.AUTH_REDIRECT_URIS,
      employeeEmailDomains: env.EMPLOYEE_EMAIL_DOMAINS,
      jwtSecret: env.JWT_SECRET,
      githubWebhookSecret: env.GITHUB_WEBHOOK_SECRET,
      encryptionKeys: keysOf(env),
      rateLimitPerMinute: env.RATE_LIMIT_PER_MINUTE,
      dailyMessageLimit: env.DAILY_MESSAGE_LIMIT ?? null,
      provider: env.LLM_PROVIDER,
      defaultModels: {
        anthropic: env.ANTHROPIC_MODEL,
        openai: env.OPENAI_MODEL,
        openrouter: env.OPENROUTER_MODEL,
        ollama: env.OLLAMA_MODEL,
      },
    },
    pings: {
      database: async () => void (await db.execute('SELECT 1')),
      redis: () => live.ping(),
      queue: () => queue.ping(),
      github: () => github.ping(),
      model: () => pingModel(env),
    },
    newId,
    now: () => new Date(),
    log,
  };
}

const keysOf = (env: Env): SealingKeys => [env.ENCRYPTION_KEY, ...env.ENCRYPTION_OLD_KEYS];

function openDatabase(env: Env): Database {
  // The driver's settings are global; locally the endpoint is the only thing that differs from production.
  if (env.NEON_HTTP_ENDPOINT) neonConfig.fetchEndpoint = env.NEON_HTTP_ENDPOINT;
  neonConfig.fetchFunction = (url: string, init: RequestInit) =>
    fetch(url, { ...init, signal: AbortSignal.timeout(DATABASE_TIMEOUT_MS) });
  return drizzle({ client: neon(env.DATABASE_URL), schema });
}

function createEngine(
  env: Env,
  parts: Pick<Engine, 'db' | 'live' | 'queue' | 'catalogue' | 'log' | 'newId'> & { github: GitHub },
): Engine {
  const { github, ...rest } = parts;
  const models = createModels({
    connections: connections(env),
    openrouterMaxPrice: maxPrice(env),
    timeoutMs: env.MODEL_TIMEOUT_MS,
  });
  return {
    ...rest,
    models,
    openGitHub: (userId, read) =>
      openReadGithub({ db: parts.db, github, encryptionKeys: keysOf(env) }, userId, read),
    openProviderKey: (userId, provider, sealed) => openProviderKey(keysOf(env), userId, provider, sealed),
    openHeaders: (mcpServerId, sealed) => openMcpHeaders(keysOf(env), mcpServerId, sealed),
    fetch: (request) => globalThis.fetch(request),
    settings: {
      stepsPerCallback: env.STEPS_PER_CALLBACK,
      concurrentRuns: env.CONCURRENT_RUNS,
      burstMs: env.BURST_MS,
      leaseMs: env.LEASE_MS,
      // Two may be lost before the lease is.
      dailyLimitMicroUsd:
        env.DAILY_COST_LIMIT_USD === undefined ? null : Math.ceil(env.DAILY_COST_LIMIT_USD * 1e6),
      heartbeatMs: Math.floor(env.LEASE_MS / 3),
      settlingMs: SETTLING_MS,
    },
    now: () => Date.now(),
  };
}

const maxPrice = (env: Env) => ({
  prompt: env.OPENROUTER_MAX_PROMPT_USD,
  completion: env.OPENROUTER_MAX_COMPLETION_USD,
});

/** Ollama is somewhere in the deployment's own network, or nowhere. */
const connections = (env: Env): Partial<Record<ProviderName, Connection>> => ({
  anthropic: { apiKey: env.ANTHROPIC_API_KEY, baseUrl: env.ANTHROPIC_BASE_URL },
  openai: { apiKey: env.OPENAI_API_KEY, baseUrl: env.OPENAI_BASE_URL },
  openrouter: { apiKey: env.OPENROUTER_API_KEY, baseUrl: env.OPENROUTER_BASE_URL },
  ...(env.OLLAMA_BASE_URL === undefined
    ? {}
    : { ollama: { apiKey: undefined, baseUrl: `${env.OLLAMA_BASE_URL}/v1` } }),
});

/** Asks the default provider for the cheapest thing that needs its key. */
async function pingModel(env: Env): Promise<void> {
  const { url, headers } = pingOf(env);
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(PING_TIMEOUT_MS) });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`The model provider answered ${response.status}.`);
}

function pingOf(env: Env): { url: string; headers: Record<string, string> } {
  switch (env.LLM_PROVIDER) {
    case 'anthropic':
      return {
        url: `${env.ANTHROPIC_BASE_URL}/v1/models?limit=1`,
        headers: { 'x-api-key': env.ANTHROPIC_API_KEY ?? '', 'anthropic-version': '2023-06-01' },
      };
    case 'openai':
      return { url: `${env.OPENAI_BASE_URL}/models`, headers: bearer(env.OPENAI_API_KEY) };
    case 'openrouter':
      // The list of models is public there.
      return { url: `${env.OPENROUTER_BASE_URL}/key`, headers: bearer(env.OPENROUTER_API_KEY) };
    case 'ollama':
      return { url: `${env.OLLAMA_BASE_URL ?? ''}/v1/models`, headers: {} };
  }
}

const bearer = (key: string | undefined): Record<string, string> => ({
  authorization: `Bearer ${key ?? ''}`,
});
