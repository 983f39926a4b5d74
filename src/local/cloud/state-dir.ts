import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { envFile } from './env.ts';
import { LocalCloudError } from './local-cloud-error.ts';
import { lockState } from './state-lock.ts';

/** Where `npm start` keeps its state unless told otherwise. */
export const DEFAULT_STATE_DIR = '.cadence';

/** The bindings of the cloud that runs on this state; there only while it runs. */
export const envFileOf = (stateDir: string) => join(stateDir, 'local.env');

const HEALTH_TIMEOUT_MS = 5_000;

const KEPT = ['database', 'github', 'qstash.json', 'secrets.json', 'local.env'];

/**
 * Removes what a local cloud kept, and nothing else that may lie in the directory.
 *
 * @throws {LocalCloudError} while one is running on it
 */
export async function wipeState(stateDir: string): Promise<void> {
  const release = await lockState(join(stateDir, 'lock')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return () => {};
    throw error;
  });
  for (const name of KEPT) await rm(join(stateDir, name), { recursive: true, force: true });
  release();
}

/** Tells other commands how to reach the running cloud; only its owner may read it. */
export async function writeEnvFile(stateDir: string, env: Record<string, string>): Promise<void> {
  const path = envFileOf(stateDir);
  await rm(path, { force: true });
  await writeFile(path, envFile(env), { mode: 0o600 });
}

/**
 * Finds the cloud that is running on this state.
 *
 * @returns the base URL of its API
 * @throws {LocalCloudError} when there is none
 */
export async function findRunningCloud(stateDir: string): Promise<string> {
  const url = publicUrlIn(envFileOf(stateDir));
  const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) }).catch(
    () => undefined,
  );
  if (!url || !answer?.ok) {
    throw new LocalCloudError('No local cloud is running. Start one with `npm start` in another terminal.');
  }
  return url;
}

function publicUrlIn(path: string): string | undefined {
  try {
    return parseEnv(readFileSync(path, 'utf8')).PUBLIC_URL;
  } catch {
    return undefined;
  }
}
