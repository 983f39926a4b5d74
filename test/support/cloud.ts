import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApp } from '../../src/app.ts';
import type { Context } from '../../src/domain/context.ts';
import { readEnv } from '../../src/env.ts';
import { createGitHub, type GitHub, type GitHubOptions } from '../../src/local/github/github.ts';
import { createModel, type ModelOptions } from '../../src/local/model/model.ts';
import { createChatApis } from '../../src/local/openai/chat-apis.ts';
import { createQStash, type QStash, type QStashOptions } from '../../src/local/qstash/qstash.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../src/local/qstash/start.ts';
import { createRedis, type LocalRedis } from '../../src/local/redis/redis.ts';
import { type SignedIn, signIn } from '../../src/local/sign-in.ts';
import { createServices } from '../../src/services.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';
import { type FetchRouter, routeFetch } from './fetch-router.ts';
import { holdToContract } from './hold-to-contract.ts';
import { testMode } from './mode.ts';

export const SAMPLE = fileURLToPath(new URL('../../src/local/sample/todo-api', import.meta.url));
const PUBLIC_URL = 'https://cadence.test';

export interface CloudOptions {
  env?: Record<string, string>;
  model?: Omit<ModelOptions, 'apiKey'>;
  /** The other providers, which are all there. */
  chat?: Omit<Parameters<typeof createChatApis>[0], 'apiKey'>;
  /** How deliveries reach the product; a test that brings nothing delivers by hand. */
  qstash?: Pick<QStashOptions, 'fetch' | 'faults'>;
  /** Who else is there, by name. */
  others?: Parameters<typeof routeFetch>[0];
  /** Another one than PGlite. */
  database?: TestDatabase;
  github?: Pick<GitHubOptions, 'fs' | 'rateLimit' | 'expiringTokens' | 'clock'>;
}

/** What the real network would say of the product's address, without being asked. */
const nobodyThere = () => Promise.reject(new TypeError('fetch failed'));

/** The whole product over the whole local cloud in this process, without a socket. */
export interface Cloud extends TestDatabase {
  app: ReturnType<typeof createApp>;
  context: Context;
  github: GitHub;
  qstash: QStash;
  redis: LocalRedis;
  /** The seam: every request of the product passes here. */
  fetches: FetchRouter;
  /** Signs an account in through the API, as an app on a phone does. */
  signIn(login?: string): Promise<SignedIn>;
}

/**
 * Opens it for a test file: one at a time, because the seam and the database driver's settings are global. The repository
 * `demo/todo-api` is there, of the account `demo`; `octo` is a stranger.
 */
export async function openCloud(options: CloudOptions = {}): Promise<Cloud> {
  const root = await mkdtemp(join(tmpdir(), 'cadence-cloud-'));
  const database = options.database ?? (await openTestDatabase());
  const redis = createRedis({ token: 'redis-token' });
  const model = createModel({ apiKey: 'model-key', ...options.model });
  const chat = createChatApis({ apiKey: 'model-key', ...options.chat });
  const github = await createGitHub({
    root,
    clientId: 'client',
    clientSecret: 'secret',
    publicUrl: 'http://github.local',
    // The seam is put up later.
    fetch: (input, init) => globalThis.fetch(input, init),
    ...options.github,
  });
  await github.addRepository({ owner: 'demo', name: 'todo-api', fromDirectory: SAMPLE });
  const qstash = await createQStash({ ...DEVELOPMENT_CREDENTIALS, fetch: nobodyThere, ...options.qstash });
  const env = readEnv({
    DATABASE_URL: database.url,
    NEON_HTTP_ENDPOINT: 'http://neon.local/sql',
    UPSTASH_REDIS_REST_URL: 'http://redis.local',
    UPSTASH_REDIS_REST_TOKEN: 'redis-token',
    QSTASH_URL: 'http://qstash.local',
    QSTASH_TOKEN: DEVELOPMENT_CREDENTIALS.token,
    QSTASH_CURRENT_SIGNING_KEY: DEVELOPMENT_CREDENTIALS.currentSigningKey,
    QSTASH_NEXT_SIGNING_KEY: DEVELOPMENT_CREDENTIALS.nextSigningKey,
    PUBLIC_URL,
    AUTH_REDIRECT_URIS: 'http://127.0.0.1/signed-in,https://phone.test/signed-in',
    GITHUB_API_URL: github.apiUrl,
    GITHUB_URL: github.url,
    GITHUB_CLIENT_ID: 'client',
    GITHUB_CLIENT_SECRET: 'secret',
    GITHUB_WEBHOOK_SECRET: 'webhook-secret',
    JWT_SECRET: 'a secret of thirty-two characters',
    ENCRYPTION_KEY: '0f'.repeat(32),
    ANTHROPIC_API_KEY: 'model-key',
    ANTHROPIC_BASE_URL: 'http://model.local',
    OPENAI_API_KEY: 'model-key',
    OPENAI_BASE_URL: 'http://chat.local/openai/v1',
    OPENROUTER_API_KEY: 'model-key',
    OPENROUTER_BASE_URL: 'http://chat.local/openrouter/v1',
    OLLAMA_BASE_URL: 'http://chat.local/ollama',
    RATE_LIMIT_PER_MINUTE: '1000000',
    LOG_LEVEL: 'error',
    ...options.env,
    ...testMode().env,
  });
  const context = createServices(env);
  const app = createApp(context);
  holdToContract(app);
  const fetches = routeFetch({
    neon: { origin: 'http://neon.local', handle: database.fetch },
    redis: { origin: 'http://redis.local', handle: redis.fetch },
    qstash: { origin: 'http://qstash.local', handle: qstash.fetch },
    github: { origin: 'http://github.local', handle: github.fetch },
    model: { origin: 'http://model.local', handle: model.fetch },
    chat: { origin: 'http://chat.local', handle: chat.fetch },
    ...options.others,
    cadence: { origin: PUBLIC_URL, handle: (request) => app.fetch(request) },
  });
  return {
    ...database,
    app,
    context,
    github,
    qstash,
    redis,
    fetches,
    signIn: (login = 'demo') => signIn(PUBLIC_URL, login),
    async close() {
      await qstash.close();
      await Promise.all([model.close(), chat.close(), redis.close(), github.close()]);
      await database.close();
      fetches.restore();
      await rm(root, { recursive: true, force: true });
    },
  };
}
