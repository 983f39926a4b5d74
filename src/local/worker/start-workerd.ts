import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { CRON_SOCKET, capnpConfig, MAIN_SOCKET } from './capnp-config.ts';
import { startCron } from './cron.ts';
import { readWranglerSettings } from './wrangler-settings.ts';

const WRANGLER_TOML = fileURLToPath(new URL('../../../wrangler.toml', import.meta.url));
// CommonJS without types, whose default export an import would give in one runner and not in the other.
const require = createRequire(import.meta.url);
const { default: workerdPath }: { default: string } = require('workerd');
const KEPT_LINES = 20;

export interface WorkerdOptions {
  /** The Worker's bundle, as `buildWorker` gives it. */
  bundle: string;
  /** Every text binding of the Worker. The process sees nothing else of our environment. */
  env: Record<string, string>;
  /** 0 or none picks a free one. The port of a Worker that was killed may be taken again at once. */
  port?: number;
  /** Whether the cron triggers of `wrangler.toml` fire. */
  cron?: boolean;
  /** Each line that the Worker or workerd writes. */
  onLine?: (line: string) => unknown;
}

export interface Workerd {
  url: string;
  port: number;
  pid: number;
  /** Resolves when the process has ended, whoever ended it, with its last lines. */
  exited: Promise<string>;
  /** Fires the cron triggers now. Rejects without `cron`. */
  tick(): Promise<void>;
  /** Ends it as a crash does. SIGTERM would wait for streams that nobody closes. */
  close(): Promise<void>;
}

/**
 * Serves a built Worker in plain workerd on the loopback interface, with the compatibility settings of `wrangler.toml`.
 * Resolves when it listens.
 *
 * @throws Error with workerd's last lines when it ends before it listens, as when the port is taken
 */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const folder = await mkdtemp(join(tmpdir(), 'cadence-workerd-'));
  const { crons, ...settings } = readWranglerSettings(await readFile(WRANGLER_TOML, 'utf8'));
  const config = capnpConfig({
    ...settings,
    crons: options.cron ? crons : [],
    port: options.port ?? 0,
    bindings: Object.keys(options.env),
  });
  const lines: string[] = [];
  try {
    await copyFile(options.bundle, join(folder, 'worker.js'));
    await writeFile(join(folder, 'config.capnp'), config);
    const child = spawn(
      workerdPath,
      // Experimental is what a Worker needs to call another one's `scheduled`; the bundle's own flags stay production's.
      ['serve', 'config.capnp', '--control-fd=3', ...(options.cron ? ['--experimental'] : [])],
      // In a group of its own, so that Ctrl-C in a terminal reaches us alone and we end it in order.
      { cwd: folder, env: options.env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true },
    );
    const release = endWithUs(child);
    const exited = watch(child, lines, options.onLine).finally(release);
    const ports = await listening(child, exited, options.cron && crons.length > 0 ? 2 : 1);
    return face(child, exited, ports, options.cron ? crons : []);
  } finally {
    // It has read its files, or it never will.
    await rm(folder, { recursive: true, force: true });
  }
}

function face(
  child: ChildProcess,
  exited: Promise<string>,
  ports: Map<string, number>,
  crons: string[],
): Workerd {
  const port = ports.get(MAIN_SOCKET) ?? 0;
  const cron = startCron(crons, `http://127.0.0.1:${ports.get(CRON_SOCKET)}`);
  exited.then(() => cron.close());
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    exited,
    tick: cron.tick,
    async close() {
      cron.close();
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function watch(child: ChildProcess, lines: string[], onLine: WorkerdOptions['onLine']): Promise<string> {
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      if (lines.push(line) > KEPT_LINES) lines.shift();
      onLine?.(line);
    });
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(lines.join('\n')));
  });
}

/** The ports of its sockets, which it announces on the control descriptor one line each. */
async function listening(
  child: ChildProcess,
  exited: Promise<string>,
  sockets: number,
): Promise<Map<string, number>> {
  const ports = new Map<string, number>();
  const control = child.stdio[3];
  if (!isReadable(control)) throw new Error('workerd has no control descriptor');
  const announced = new Promise<void>((resolve) => {
    createInterface({ input: control }).on('line', (line) => {
      const message: { event: string; socket: string; port: number } = JSON.parse(line);
      if (message.event === 'listen') ports.set(message.socket, message.port);
      if (ports.size === sockets) resolve();
    });
  });
  const failed = exited.then((output) => {
    throw new Error(`workerd ended before it listened.\n${output}`);
  });
  await Promise.race([announced, failed]);
  failed.catch(() => {});
  return ports;
}

function isReadable(stream: unknown): stream is Readable {
  return typeof stream === 'object' && stream !== null && 'read' in stream;
}

/**
 * Has the child ended when this process ends, even by `kill -9`: a shell waits for the end of a pipe that only we hold. An
 * orphan would keep its port.
 *
 * @returns what to call when the child has ended
 */
function endWithUs(child: ChildProcess): () => void {
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  if (process.platform === 'win32' || child.pid === undefined) return () => process.off('exit', end);
  const guard = spawn('sh', ['-c', 'read -r _; kill -9 "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => {});
  guard.unref();
  return () => {
    process.off('exit', end);
    guard.kill('SIGKILL');
  };
}
