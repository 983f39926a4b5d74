import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

const run = promisify(execFile);

/** What Neon offers at the least; the engine's statements may use no more. */
const OLDEST_VERSION = 15;
const STARTUP_MS = 20_000;
/** PostgreSQL refuses to run as root, and `nobody` is everywhere. */
const NOBODY = 65_534;

/** A real PostgreSQL of our own, reached by its socket only. */
export interface PostgresServer {
  /** The folder of its Unix socket, for `host`. */
  socketFolder: string;
}

/** Runs a server until its input ends, which is when the process that started it does, however that ends. */
const UNTIL_INPUT_ENDS = '"$@" & read -r end; kill -QUIT $!; wait; rm -rf "$PWD"';

/** The folder of `initdb` and `postgres`, from the PATH or where Debian and Homebrew put them; null when there is none. */
export async function findPostgres(): Promise<string | null> {
  const versioned = ['/usr/lib/postgresql', '/opt/homebrew/opt']
    .filter((parent) => existsSync(parent))
    .flatMap((parent) => readdirSync(parent).map((name) => join(parent, name, 'bin')));
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...versioned]) {
    if (!existsSync(join(folder, 'initdb'))) continue;
    const { stdout } = await run(join(folder, 'postgres'), ['--version']);
    if (Number(/(\d+)/.exec(stdout)?.[1]) >= OLDEST_VERSION) return folder;
  }
  return null;
}

/** Starts one with no database of its own in a temporary folder. It ends with this process and leaves nothing behind. */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const folder = await mkdtemp(join(tmpdir(), 'cadence-postgres-'));
  if ('uid' in identity) await chown(folder, NOBODY, NOBODY);
  const data = join(folder, 'data');
  const options = { ...identity, cwd: folder };
  await run(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    options,
  );
  const settings = [
    'listen_addresses=',
    `unix_socket_directories=${folder}`,
    'max_connections=120',
    'fsync=off',
  ].flatMap((setting) => ['-c', setting]);
  const server = spawn('sh', ['-c', UNTIL_INPUT_ENDS, 'sh', join(bin, 'postgres'), '-D', data, ...settings], {
    ...options,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Its socket is there before it lets anybody in.
  for (let waitedMs = 0; !(await isReady(folder)); waitedMs += 50) {
    if (waitedMs >= STARTUP_MS) {
      server.stdin.end();
      throw new Error(`PostgreSQL of ${bin} did not start.`);
    }
    await delay(50);
  }
  return { socketFolder: folder };
}

async function isReady(socketFolder: string): Promise<boolean> {
  const client = new Client({ host: socketFolder, user: 'postgres', database: 'postgres' });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}
