import { neon, neonConfig } from '@neondatabase/serverless';
import { drizzle } from 'drizzle-orm/neon-http';
import { typeid } from 'typeid-js';
import { openGithubToken } from './auth/github-token.ts';
import type { Context } from './domain/context.ts';
import type { Engine } from './engine/engine.ts';
import type { Env } from './env.ts';
import { createLiveFeed } from './events/redis-live.ts';
import { createGitHub, type GitHub } from './github/client.ts';
import { createLog } from './log.ts';
import { createModels } from './models/providers.ts';
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
  const newId = (prefix: string) => typeid(prefix).toString();
  return {
    db,
    live,
    queue,
    github,
    engine: createEngine(env, { db, live, queue, github, log, newId }),
    settings: {
      publicUrl: env.PUBLIC_URL,
      corsOrigins: env.CORS_ORIGINS,
      redirectUris: env.AUTH_REDIRECT_URIS,
      employeeEmailDomains: env.EMPLOYEE_EMAIL_DOMAINS,
      jwtSecret: env.JWT_SECRET,
      githubWebhookSecret: env.GITHUB_WEBHOOK_SECRET,
      encryptionKey: env.ENCRYPTION_KEY,
      rateLimitPerMinute: env.RATE_LIMIT_PER_MINUTE,
      dailyMessageLimit: env.DAILY_MESSAGE_LIMIT ?? null,
      provider: env.LLM_PROVIDER,
      model: env.ANTHROPIC_MODEL,
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

function openDatabase(env: Env): Database {
  // The driver's settings are global; locally the endpoint is the only thing that differs from production.
  if (env.NEON_HTTP_ENDPOINT) neonConfig.fetchEndpoint = env.NEON_HTTP_ENDPOINT;
  neonConfig.fetchFunction = (url: string, init: RequestInit) =>
    fetch(url, { ...init, signal: AbortSignal.timeout(DATABASE_TIMEOUT_MS) });
  return drizzle({ client: neon(env.DATABASE_URL), schema });
}

function createEngine(
  env: Env,
  parts: Pick<Engine, 'db' | 'live' | 'queue' | 'log' | 'newId'> & { github: GitHub },
): Engine {
  const { github, ...rest } = parts;
  const models = createModels({
    anthropic: { apiKey: env.ANTHROPIC_API_KEY, baseUrl: env.ANTHROPIC_BASE_URL },
    timeoutMs: env.MODEL_TIMEOUT_MS,
  });
  return {
    ...rest,
    models,
    async openGitHub(userId, sealed) {
      const token = await openGithubToken(env.ENCRYPTION_KEY, userId, sealed);
      return token === null ? null : github.forToken(token);
    },
    fetch: (request) => globalThis.fetch(request),
    settings: {
      stepsPerCallback: env.STEPS_PER_CALLBACK,
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

/** Asks for the list of models: the cheapest call that needs the key. */
async function pingModel(env: Env): Promise<void> {
  const response = await fetch(`${env.ANTHROPIC_BASE_URL}/v1/models?limit=1`, {
    headers: { 'x-api-key': env.ANTHROPIC_API_KEY, 'anthropic-version': '2023-06-01' },
    signal: AbortSignal.timeout(PING_TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`The model provider answered ${response.status}.`);
}
