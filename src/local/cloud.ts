import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { neonConfig } from '@neondatabase/serverless';
import { applyMigrations } from '../store/apply-migrations.ts';
import { type Closers, createClosers } from './cloud/closers.ts';
import { countCommands, counted, countStatements, countTurns, type Tally } from './cloud/counting.ts';
import { databaseTemplate } from './cloud/database-template.ts';
import { GITHUB_CLIENT_ID, type ModelSource, type WorkerEnv, workerEnv } from './cloud/env.ts';
import { portInUse } from './cloud/local-cloud-error.ts';
import { findLocalRepositories } from './cloud/local-repository.ts';
import { freePorts, type Ports } from './cloud/ports.ts';
import { keepSecrets, newSecrets, type Secrets } from './cloud/secrets.ts';
import { lockState } from './cloud/state-lock.ts';
import { type GitHub, start as startGitHub } from './github/github.ts';
import { type Listening, listen } from './listen.ts';
import { createModel } from './model/model.ts';
import { type Neon, openNeon } from './neon/neon.ts';
import { createChatApis } from './openai/chat-apis.ts';
import type { QStash } from './qstash/qstash.ts';
import { start as startQStash } from './qstash/start.ts';
import { createRedis, type LocalRedis } from './redis/redis.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));
const SAMPLE = fileURLToPath(new URL('./sample/todo-api', import.meta.url));

export interface CloudOptions {
  /** Keeps everything across restarts. Without it, all is in memory and in a temporary folder that goes with `close`. */
  stateDir?: string;
  /** Free ones unless given. */
  ports?: Ports;
  /** Paths of Git repositories on this machine, to be copied to the account `demo` unless it has them. */
  repositories?: string[];
  /** A real model API instead of the scripted model. */
  model?: ModelSource;
  /** Pause of the scripted model before each piece of text, in milliseconds. */
  chunkDelayMs?: number;
  /** A Redis to use instead of the one in memory. */
  redisUrl?: string;
}

/** What a local cloud has been asked for since its start. */
export interface Counts extends Omit<Tally, 'modelCalls'> {
  /** Null when they go to a real API, where nobody here can count them. */
  modelCalls: number | null;
  /** Messages the queue accepted or made, those of schedules and callbacks included. */
  queueMessages: number;
}

export interface LocalCloud {
  /** Every binding of the Worker. */
  env: WorkerEnv;
  /** Where the Worker has to be served: `PUBLIC_URL` says so. */
  apiPort: number;
  github: GitHub;
  neon: Neon;
  redis: LocalRedis;
  qstash: QStash;
  /** What the account `demo` has for sure, the sample first. */
  repositories: { fullName: string; isNew: boolean }[];
  counts(): Counts;
  close(): Promise<void>;
}

/**
 * Starts every stand-in on the loopback interface, side by side, with the database migrated and the sample repository
 * `demo/todo-api` in place. The Worker is started by the caller: in plain workerd, or by wrangler.
 *
 * The driver's endpoint is a setting of the process, so a process has one local cloud at a time.
 *
 * @throws {LocalCloudError} when the state or a port is in use, or a repository cannot be copied
 */
export async function startCloud(options: CloudOptions = {}): Promise<LocalCloud> {
  const closers = createClosers();
  try {
    return await open(options, closers);
  } catch (error) {
    // The first failure is the one to tell of.
    await closers.closeAll().catch(() => {});
    throw explained(error);
  }
}

async function open(options: CloudOptions, closers: Closers): Promise<LocalCloud> {
  const copies = await findLocalRepositories(options.repositories ?? []);
  const ports = options.ports ?? (await freePorts());
  const state = await openState(options.stateDir, closers);
  const { secrets } = state;
  const tally: Tally = { statements: 0, redisCommands: 0, modelCalls: 0 };

  const [{ neon, neonUrl }, github, qstash, { redis, redisUrl }, modelUrl, chatUrl] = await together([
    openDatabase(state, ports.neon, closers, tally),
    closers.keep(openGitHub(state, ports.github)),
    closers.keep(
      startQStash({
        port: ports.qstash,
        token: secrets.qstashToken,
        currentSigningKey: secrets.qstashCurrentKey,
        nextSigningKey: secrets.qstashNextKey,
        stateFile: state.lasting ? join(state.root, 'qstash.json') : undefined,
      }),
    ),
    openRedis(options, secrets, ports.redis, closers, tally),
    openModel(options, secrets, ports.model, closers, tally),
    openChat(options, secrets, ports.chat, closers, tally),
  ]);
  const repositories = [await addRepository(github, { name: 'todo-api', fromDirectory: SAMPLE })];
  for (const { name, path } of copies) {
    repositories.push(await addRepository(github, { name, fromGit: path }));
  }
  // What the migrations asked of the database is not the product's doing.
  tally.statements = 0;

  const addresses = {
    api: `http://127.0.0.1:${ports.api}`,
    github: github.url,
    githubApi: github.apiUrl,
    neon: neonUrl,
    redis: redisUrl,
    qstash: qstash.url,
    databaseUrl: neon.connectionString(),
  };
  return {
    env: workerEnv(
      addresses,
      secrets,
      options.model ?? { apiKey: secrets.modelKey, baseUrl: modelUrl, chatUrl },
    ),
    apiPort: ports.api,
    github,
    neon,
    redis,
    qstash,
    repositories,
    counts: () => ({
      ...tally,
      modelCalls: options.model ? null : tally.modelCalls,
      queueMessages: qstash.counts.published + qstash.counts.scheduled + qstash.counts.callbacks,
    }),
    close: () => closers.closeAll(),
  };
}

interface State {
  root: string;
  /** Whether it stays after the end. */
  lasting: boolean;
  secrets: Secrets;
}

async function openState(stateDir: string | undefined, closers: Closers): Promise<State> {
  if (stateDir === undefined) {
    const root = await mkdtemp(join(tmpdir(), 'cadence-'));
    closers.add(() => rm(root, { recursive: true, force: true }));
    return { root, lasting: false, secrets: newSecrets() };
  }
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  closers.add(await lockState(join(stateDir, 'lock')));
  return { root: stateDir, lasting: true, secrets: await keepSecrets(join(stateDir, 'secrets.json')) };
}

async function openDatabase(
  state: State,
  port: number,
  closers: Closers,
  tally: Tally,
): Promise<{ neon: Neon; neonUrl: string }> {
  const template = await databaseTemplate(MIGRATIONS);
  const dataDir = state.lasting ? join(state.root, 'database') : undefined;
  const password = state.secrets.databasePassword;
  const neon = await closers.keep(openNeon({ password, dataDir, template: await template.read() }));
  const { url } = await closers.keep(
    listen(counted(neon.fetch, tally, 'statements', countStatements), { port }),
  );
  neonConfig.fetchEndpoint = `${url}/sql`;
  const applied = await applyMigrations(neon.connectionString(), MIGRATIONS);
  // Of a database that lasts, the copy would have its data in it.
  if (applied > 0 && !state.lasting) await template.keep(await neon.dump());
  return { neon, neonUrl: url };
}

async function openGitHub({ root, secrets }: State, port: number): Promise<GitHub> {
  return startGitHub({
    root: join(root, 'github'),
    port,
    clientId: GITHUB_CLIENT_ID,
    clientSecret: secrets.githubClientSecret,
  });
}

async function addRepository(
  github: GitHub,
  source: { name: string; fromDirectory?: string; fromGit?: string },
): Promise<{ fullName: string; isNew: boolean }> {
  const address = `${github.apiUrl}/repos/demo/${source.name}`;
  const known = await github.fetch(new Request(address, { headers: { 'user-agent': 'cadence-local' } }));
  const { fullName } = await github.addRepository({ owner: 'demo', ...source });
  return { fullName, isNew: !known.ok };
}

async function openRedis(
  { redisUrl }: CloudOptions,
  { redisToken }: Secrets,
  port: number,
  closers: Closers,
  tally: Tally,
): Promise<{ redis: LocalRedis; redisUrl: string }> {
  const redis = createRedis({ token: redisToken, redisUrl });
  closers.add(() => redis.close());
  const { url } = await closers.keep(
    listen(counted(redis.fetch, tally, 'redisCommands', countCommands), { port }),
  );
  closers.add(() => redis.dropSubscribers());
  return { redis, redisUrl: url };
}

/** @returns its base URL; none where a real API is used */
async function openModel(
  { model: real, chunkDelayMs }: CloudOptions,
  { modelKey }: Secrets,
  port: number,
  closers: Closers,
  tally: Tally,
): Promise<string | undefined> {
  if (real) return undefined;
  const model = createModel({ apiKey: modelKey, chunkDelayMs });
  closers.add(() => model.close());
  const { url } = await closers.keep<Listening>(
    listen(counted(model.fetch, tally, 'modelCalls', countTurns), { port }),
  );
  return url;
}

/** The same for the other providers, which are left out where a real API is used. */
async function openChat(
  { model: real, chunkDelayMs }: CloudOptions,
  { modelKey }: Secrets,
  port: number,
  closers: Closers,
  tally: Tally,
): Promise<string | undefined> {
  if (real) return undefined;
  const chat = createChatApis({ apiKey: modelKey, chunkDelayMs });
  closers.add(() => chat.close());
  const { url } = await closers.keep<Listening>(
    listen(counted(chat.fetch, tally, 'modelCalls', countTurns), { port }),
  );
  return url;
}

/** All of them or the first error, once every one has opened or failed: what opens late must still be closed. */
async function together<Parts extends unknown[]>(parts: { [Index in keyof Parts]: Promise<Parts[Index]> }) {
  await Promise.allSettled(parts);
  return Promise.all(parts);
}

function explained(error: unknown): unknown {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error) {
    return portInUse(error.port);
  }
  return error;
}
